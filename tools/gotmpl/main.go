// gotmpl renders the templates of a chart with Go's text/template and sprig, for the tests of the charts.
//
// It is not Helm: no order of hooks, no sub-charts, no validation of values, no lookup in a cluster. What it does offer
// means what it means in Helm; what it does not offer fails as an unknown function. Where there is a Helm, run
// `helm lint` and `helm template`.
//
// Usage: gotmpl CHART RELEASE NAMESPACE [VALUES.yaml ...]
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

type object = map[string]interface{}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: gotmpl CHART RELEASE NAMESPACE [VALUES.yaml ...]")
		os.Exit(2)
	}
	manifests, err := render(os.Args[1], os.Args[2], os.Args[3], os.Args[4:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotmpl:", err)
		os.Exit(1)
	}
	fmt.Print(manifests)
}

// render returns all manifests, each after a line that names its template.
func render(chart, release, namespace string, overrides []string) (string, error) {
	data, err := context(chart, release, namespace, overrides)
	if err != nil {
		return "", err
	}
	names, err := templates(chart)
	if err != nil {
		return "", err
	}
	root, err := parse(names)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, name := range names {
		if strings.HasPrefix(filepath.Base(name), "_") {
			continue
		}
		text, err := execute(root, name, data)
		if err != nil {
			return "", err
		}
		// Helm prints nothing for a value that is not there.
		if text = strings.TrimSpace(strings.ReplaceAll(text, "<no value>", "")); text != "" {
			fmt.Fprintf(&out, "---\n# Source: %s\n%s\n", name, text)
		}
	}
	return out.String(), nil
}

// context is what templates see as the dot.
func context(chart, release, namespace string, overrides []string) (object, error) {
	values := object{}
	for _, path := range append([]string{filepath.Join(chart, "values.yaml")}, overrides...) {
		loaded, err := load(path)
		if err != nil {
			return nil, err
		}
		merge(values, loaded)
	}
	described, err := load(filepath.Join(chart, "Chart.yaml"))
	if err != nil {
		return nil, err
	}
	about := object{}
	for key, value := range described {
		about[strings.ToUpper(key[:1])+key[1:]] = value
	}
	return object{
		"Values":  values,
		"Chart":   about,
		"Files":   files{chart},
		"Release": object{"Name": release, "Namespace": namespace, "Service": "Helm"},
	}, nil
}

// load reads a YAML file the way of Helm, where every number is a float: one that is printed as 1e+06 there is so here.
func load(path string) (object, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	read, loaded := object{}, object{}
	if err := yaml.Unmarshal(content, &read); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	encoded, err := json.Marshal(read)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return loaded, json.Unmarshal(encoded, &loaded)
}

// merge lays the values of over on those of base; null removes.
func merge(base, over object) {
	for key, value := range over {
		below, isObject := base[key].(object)
		above, isAlso := value.(object)
		switch {
		case isObject && isAlso:
			merge(below, above)
		case value == nil:
			delete(base, key)
		default:
			base[key] = value
		}
	}
}

// files gives templates the chart's other files; one that is not there is empty, as in Helm.
type files struct{ chart string }

func (f files) Get(name string) string {
	content, err := os.ReadFile(filepath.Join(f.chart, name))
	if err != nil {
		return ""
	}
	return string(content)
}

func templates(chart string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(filepath.Join(chart, "templates"), func(path string, entry fs.DirEntry, err error) error {
		if extension := filepath.Ext(path); extension == ".yaml" || extension == ".tpl" {
			names = append(names, path)
		}
		return err
	})
	sort.Strings(names)
	return names, err
}

func parse(names []string) (*template.Template, error) {
	root := template.New("chart")
	root.Funcs(functions(root))
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if _, err := root.New(name).Parse(string(content)); err != nil {
			return nil, err
		}
	}
	return root, nil
}

func execute(root *template.Template, name string, data interface{}) (string, error) {
	var out strings.Builder
	err := root.ExecuteTemplate(&out, name, data)
	return out.String(), err
}

// functions are sprig's without those that read the machine, and those of Helm's own that our charts use.
func functions(root *template.Template) template.FuncMap {
	all := sprig.TxtFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(all, name)
	}
	all["toYaml"] = toYaml
	all["fromYaml"] = fromYaml
	all["fromJson"] = fromYaml // JSON is YAML
	all["required"] = required
	all["include"] = func(name string, data interface{}) (string, error) { return execute(root, name, data) }
	all["tpl"] = func(text string, data interface{}) (string, error) {
		clone, err := root.Clone()
		if err != nil {
			return "", err
		}
		if clone, err = clone.New("tpl").Parse(text); err != nil {
			return "", err
		}
		return execute(clone, "tpl", data)
	}
	return all
}

// toYaml goes through JSON, so that whole numbers are printed as such.
func toYaml(value interface{}) (string, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	var plain interface{}
	if err := yaml.Unmarshal(encoded, &plain); err != nil {
		return "", err
	}
	var out strings.Builder
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err = encoder.Encode(plain)
	return strings.TrimSuffix(out.String(), "\n"), err
}

func fromYaml(text string) (object, error) {
	read := object{}
	err := yaml.Unmarshal([]byte(text), &read)
	return read, err
}

func required(message string, value interface{}) (interface{}, error) {
	if value == nil || value == "" {
		return nil, errors.New(message)
	}
	return value, nil
}
