package config

import (
	"net/url"
	"path/filepath"
)

func (l *loader) checkMetrics(at *path, m Metrics) {
	if file := at.key("textfile"); l.given(file) {
		l.checkPath(file, m.Textfile)
		if filepath.Ext(m.Textfile) != ".prom" {
			l.invalid(file, "%s does not end in .prom, so the node exporter would not read it", quoted(m.Textfile))
		}
	}
	if address := at.key("pushgateway"); l.given(address) {
		u, err := url.Parse(m.Pushgateway.Reveal()) // never quoted: it may contain a password
		switch {
		case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
			l.invalid(address, "is not the address of a Pushgateway (want https://host or http://host:port)")
		case u.RawQuery != "" || u.Fragment != "":
			l.invalid(address, "has a query or a fragment (want https://host or http://host:port)")
		}
	}
}
