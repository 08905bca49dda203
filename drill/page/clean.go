package page

import (
	"reflect"

	"github.com/drillgres/drillgres/drill/report"
)

// cleanAll cleans every text of a view. The templates escape markup; this is about
// characters that are invisible or move others.
func cleanAll(view any) { cleanValue(reflect.ValueOf(view)) }

func cleanValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			cleanValue(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			cleanValue(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			cleanValue(v.Index(i))
		}
	case reflect.String:
		if !v.CanSet() {
			return // not exported, so no template shows it
		}
		v.SetString(report.Clean(v.String()))
	}
}
