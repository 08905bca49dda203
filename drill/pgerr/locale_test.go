package pgerr

import "testing"

func TestPosixLocale(t *testing.T) {
	for name, want := range map[string]string{
		"English_India.1252":         "en_IN.UTF-8",
		"English_United States.1252": "en_US.UTF-8",
		"German_Germany.1252":        "de_DE.UTF-8",
		"Russian_Russia.1251":        "ru_RU.UTF-8",
		"Turkish_Turkey.1254":        "tr_TR.UTF-8",
		"Chinese_China.936":          "zh_CN.UTF-8",
		"en-US":                      "en_US.UTF-8",
		"pt-BR":                      "pt_BR.UTF-8",
		"en_US.UTF-8":                "",
		"C":                          "",
		"C.UTF-8":                    "",
		"POSIX":                      "",
		"de_DE@euro":                 "",
		"Klingon_Qonos.1252":         "",
		"":                           "",
	} {
		if got := posixLocale(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestHintOfALocaleOfWindows(t *testing.T) {
	const want = "set postgres.locale to en_IN.UTF-8, in an image that has it: English_India.1252 is its name on Windows"
	for _, message := range []string{`invalid locale name: "English_India.1252"`, `invalid LC_COLLATE locale name: "English_India.1252"`, `could not create locale "English_India.1252": No such file or directory`} {
		if f, ok := (Error{SQLState: "42809", Message: message}).Fault(); !ok || f.Hint != want {
			t.Errorf("%s: %+v", message, f)
		}
	}
	if f, _ := (Error{SQLState: "42809", Message: `invalid locale name: "en_US.UTF-8"`}).Fault(); f.Hint != "" {
		t.Errorf("%+v", f)
	}
}
