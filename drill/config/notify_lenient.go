package config

import (
	"bytes"
	"path/filepath"
	"reflect"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// Notify reads the receivers of a config that is invalid, so that they can be told of
// it. It returns a Config with nothing but Notify, Alerts, the names of the databases, the
// history and the secrets, without what is invalid itself. The history is empty if it
// cannot be read.
func (r Reader) Notify(name string) *Config {
	c := &Config{File: name, Dir: filepath.Dir(name), Databases: map[string]*Database{}}
	content, err := readFile(name)
	if err != nil || len(content) > maxFile {
		return c
	}
	parse := func(content []byte) (*yaml.Node, error) {
		var document yaml.Node // and not a struct, which refuses a duplicate key
		err := parseNode(yaml.NewDecoder(bytes.NewReader(content)), &document)
		return &document, err
	}
	document, err := parse(content)
	isWhole := err == nil
	if !isWhole {
		document, _ = parse(notifySection.Find(content)) // what can be read of a file that is no YAML
	}
	databases, receivers := section(document, "databases"), section(document, "notify")
	for i := 0; databases.Kind == yaml.MappingNode && i < len(databases.Content); i += 2 {
		// Another text is no name: it would be in headers, and in the marker of an issue.
		if database := databases.Content[i].Value; databaseName.MatchString(database) {
			c.Databases[database] = &Database{Name: database}
		}
	}
	r.readAlerts(c, section(document, "alerts"))
	if isWhole {
		r.readHistory(c, section(document, "record"))
	}
	if receivers.Kind != yaml.SequenceNode {
		return c
	}
	for _, receiver := range receivers.Content {
		l := r.newLoader(name)
		if !l.isBounded(receiver) {
			continue
		}
		top := &path{}
		one := Config{Databases: c.Databases, Notify: make([]Receiver, 1)}
		l.value(receiver, top.key("notify").at(0), reflect.ValueOf(&one.Notify[0]).Elem(), false)
		l.checkNotify(top, &one)
		c.secrets = append(c.secrets, l.secrets...)
		if len(l.problems) == 0 {
			l.setNotifyDefaults(top, &one)
			c.Notify = append(c.Notify, one.Notify...)
		}
	}
	return c
}

// readAlerts reads when receivers are told. If that is invalid, the defaults count.
func (r Reader) readAlerts(c *Config, alerts *yaml.Node) {
	l, top := r.newLoader(c.File), &path{}
	one := Config{}
	if alerts.Kind == yaml.MappingNode && l.isBounded(alerts) {
		l.value(alerts, top.key("alerts"), reflect.ValueOf(&one.Alerts).Elem(), false)
	}
	if one.Alerts.Digest = ""; len(l.problems) > 0 || one.Alerts.UnprovedAfter < 0 { // a config that is invalid sends none
		l, one = r.newLoader(c.File), Config{}
	}
	l.setNotifyDefaults(top, &one)
	c.Alerts = one.Alerts
}

// readHistory reads where drills are recorded.
func (r Reader) readHistory(c *Config, record *yaml.Node) {
	l, top := r.newLoader(c.File), &path{}
	one := Config{Dir: c.Dir}
	if record.Kind != 0 {
		if !l.isBounded(record) {
			return
		}
		l.value(record, top.key("record"), reflect.ValueOf(&one.Record).Elem(), false)
	}
	l.checkRecord(top.key("record"), &one.Record)
	c.secrets = append(c.secrets, l.secrets...)
	if len(l.problems) > 0 {
		return
	}
	or(&one.Record.History, defaultHistory)
	one.setDefaults()
	c.Record = one.Record
}

// section returns the value of a key of a document, or an empty node.
func section(document *yaml.Node, key string) *yaml.Node {
	if len(document.Content) > 0 && document.Content[0].Kind == yaml.MappingNode {
		for i, root := 0, document.Content[0]; i+1 < len(root.Content); i += 2 {
			if root.Content[i].Value == key {
				return resolved(root.Content[i+1])
			}
		}
	}
	return &yaml.Node{}
}

// notifySection matches the section of receivers: up to the next line that is neither
// indented, nor an item, nor a comment.
var notifySection = regexp.MustCompile(`(?m)^notify:.*\n(?:(?:[ \t#-].*)?\n)*`)
