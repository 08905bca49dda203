package sqltext

// MaxTokens is the maximum number of tokens of one statement. The rest is read
// and discarded: what a statement does is in its first words.
const MaxTokens = 64 << 10

// Splitter splits texts into statements. It reuses its buffers. The zero value
// is ready to use.
type Splitter struct {
	Rules  Rules
	lexer  Lexer
	tokens []Token
	ends   []int
	parts  [][]Token
}

// Split returns the statements of a text without the semicolons that end them.
// It omits empty statements, and returns an unfinished one as far as it can be
// read. The result is valid until the next call.
func (s *Splitter) Split(sql string) [][]Token {
	const maxReused = 1 << 20 // tokens
	if cap(s.tokens) > maxReused {
		s.tokens = nil
	}
	s.lexer.Read(sql, s.Rules)
	s.tokens, s.ends, s.parts = s.tokens[:0], s.ends[:0], s.parts[:0]
	s.readAll()
	start := 0
	for _, end := range s.ends {
		s.parts = append(s.parts, s.tokens[start:end:end])
		start = end
	}
	return s.parts
}

func (s *Splitter) readAll() {
	start := 0
	for {
		switch t := s.lexer.Next(); t.Kind {
		case EOF, Open, End:
			if len(s.tokens) > start {
				s.ends = append(s.ends, len(s.tokens))
				start = len(s.tokens)
			}
			if t.Kind != End {
				return
			}
		default:
			if len(s.tokens)-start < MaxTokens {
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
