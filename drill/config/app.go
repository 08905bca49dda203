package config

// App is the application that is deployed today.
type App struct {
	// Image of the application that is deployed today.
	Image Text `yaml:"image" jsonschema:"required"`
	// Image of the next release, which the migrate stage checks.
	Candidate Text `yaml:"candidate"`
	// Command of the container. Default: the image's.
	Command []string `yaml:"command"`
	// Memory of all containers besides Postgres together. The application (or its migrations) and each of its services get an equal share. Default: as much as postgres.memory.
	Memory Size `yaml:"memory"`
	// Role that the application connects as. Default: the database's owner.
	Role string `yaml:"role"`
	// Environment of the container, where $(NAME) refers to PGHOST, PGUSER, PGPASSWORD, PGDATABASE, DATABASE_URL and so on. Values are never printed.
	Env map[string]Value `yaml:"env"`
	// Containers that the application needs. It finds each by its name.
	Services map[string]Service `yaml:"services"`
	// Port on which the application listens.
	Port int `yaml:"port"`
	// When the application is ready.
	Ready Ready `yaml:"ready"`
	// Tests of the running application.
	Smoke []Smoke `yaml:"smoke"`
}

// Service is a container that the application needs and finds by its name.
type Service struct {
	// Image of the service.
	Image Text `yaml:"image" jsonschema:"required"`
	// Command of the container. Default: the image's.
	Command []string `yaml:"command"`
	// Environment of the container. Values are never printed.
	Env map[string]Value `yaml:"env"`
	// Port that must accept connections before the application starts. Default: the application does not wait.
	Port int `yaml:"port"`
}

// Ready says when the application is ready to be tested.
type Ready struct {
	// Path to request. Default: the application is ready when its port accepts connections.
	HTTP string `yaml:"http"`
	// Expression over status, json and body. Default: status >= 200 && status < 300.
	Expect Expr `yaml:"expect"`
	// Time to become ready. Default: 60s.
	Within Duration `yaml:"within"`
}

// Smoke is one test of the running application: exactly one of http, command
// and sql.
type Smoke struct {
	// Name of the test in reports.
	Name string `yaml:"name" jsonschema:"required"`
	// Request to the application.
	HTTP *HTTP `yaml:"http"`
	// Command to run in the application's container.
	Command []string `yaml:"command"`
	// Query to run as the application's role.
	SQL string `yaml:"sql" config:"verbatim"`
	// Expression over status, json and body (http), exit and stdout (command), or value and rows (sql). Default: a 2xx status, exit == 0.
	Expect Expr `yaml:"expect"`
	// Time limit of the test. Default: 30s.
	Within Duration `yaml:"within"`
}

// HTTP is a request to the application. Redirects are not followed. Once loaded,
// Method and Path are set whichever way the request was written.
type HTTP struct {
	// Path of a GET request: short for method and path.
	Get string `yaml:"get"`
	// Path of a POST request: short for method and path.
	Post string `yaml:"post"`
	// Method of the request. Default: GET.
	Method string `yaml:"method"`
	// Path of the request, with its query.
	Path string `yaml:"path"`
	// Headers of the request. Values are never printed.
	Headers map[string]Value `yaml:"headers"`
	// Body of the request. It is never printed.
	Body Value `yaml:"body"`
}
