package sqltext

// MaxTokens is how many tokens of one statement are kept. What is beyond is
// lexed and forgotten: what a statement is about comes first.
const MaxTokens = 64 << 10

// Splitter takes texts apart into statements, with the same buffers each time.
// The zero value is ready.
type Splitter struct {
	Rules  Rules
	lexer  Lexer
	tokens []Token
	ends   []int
	parts  [][]Token
}

// Split returns the statements of a text without the semicolons that end them,
// none of them empty. What is cut off at the end of the text is taken as it
// is. They are valid until the next call.
func (s *Splitter) Split(sql string) [][]Token {
	const most = 1 << 20 // tokens, of a buffer that is kept
	if cap(s.tokens) > most {
		s.tokens = nil
	}
	s.lexer.Read(sql, s.Rules)
	s.tokens, s.ends, s.parts = s.tokens[:0], s.ends[:0], s.parts[:0]
	s.readAll()
	begins := 0
	for _, end := range s.ends {
		s.parts = append(s.parts, s.tokens[begins:end:end])
		begins = end
	}
	return s.parts
}

func (s *Splitter) readAll() {
	begins := 0
	for {
		switch t := s.lexer.Next(); t.Kind {
		case EOF, Open, End:
			if len(s.tokens) > begins {
				s.ends = append(s.ends, len(s.tokens))
				begins = len(s.tokens)
			}
			if t.Kind != End {
				return
			}
		default:
			if len(s.tokens)-begins < MaxTokens {
				s.tokens = append(s.tokens, t)
			}
		}
	}
}

// Statements returns the statements of a text, as [Splitter.Split] does.
func Statements(sql string, rules Rules) [][]Token {
	return (&Splitter{Rules: rules}).Split(sql)
}

// FirstStatement returns the tokens of a text up to the semicolon that ends
// its first statement, or as far as they can be read.
func FirstStatement(sql string, rules Rules) (tokens []Token) {
	l := LexText(sql, rules)
	for {
		t := l.Next()
		switch t.Kind {
		case EOF, Open, Backslash:
			return tokens
		case End:
			if len(tokens) > 0 {
				return tokens
			}
		default:
			tokens = append(tokens, t)
		}
	}
}
