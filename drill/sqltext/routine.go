package sqltext

// routine tracks whether a statement is in the SQL body of a CREATE FUNCTION,
// whose semicolons do not end the statement.
type routine struct {
	lead    [4]byte // first letters of the first words, if they are keywords of createsRoutine
	words   int
	begun   int  // the number of the word BEGIN; 0: not read yet
	label   bool // the next word is a label or a part of a name
	creates bool // the statement is CREATE [OR REPLACE] FUNCTION or PROCEDURE
	depth   int32
}

// follow reads the next word. It counts BEGIN, CASE and END outside parentheses,
// as psql does. By the rules of the server, labels do not count.
func (r *routine) follow(word string, parentheses int32, rules Rules) {
	if r.words < len(r.lead) {
		switch word {
		case "create", "function", "procedure", "or", "replace":
			r.lead[r.words] = word[0]
			r.creates = r.createsRoutine()
		}
	} else if !r.creates {
		return
	}
	r.words++
	label := r.label && rules == Server
	r.label = word == "as"
	if !r.creates || parentheses > 0 {
		return
	}
	switch {
	case label:
	case word == "begin" && rules == Psql, word == "case" && r.depth > 0:
		r.depth++
	case word == "begin":
		r.begun = r.words
	case word == "atomic" && r.depth == 0 && r.begun > 0 && r.begun == r.words-1:
		r.depth = 1
	case word == "end" && r.depth > 0:
		r.depth--
	}
}

func (r *routine) createsRoutine() bool {
	is := func(b byte) bool { return b == 'f' || b == 'p' }
	l := r.lead
	return l[0] == 'c' && (is(l[1]) || l[1] == 'o' && l[2] == 'r' && is(l[3]))
}
