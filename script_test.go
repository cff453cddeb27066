package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"postolka": func() { os.Exit(execute(context.Background(), os.Args[1:])) },
	})
}

// The scripts read as the manual of the command line: each shows a journey of
// someone at a terminal, with what is printed and the exit codes.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			cache, err := os.UserCacheDir() // else each script compiles the PDF reader
			env.Setenv("XDG_CACHE_HOME", cache)
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code":    exitCode,
			"approve": approve,
		},
	})
}

// exitCode runs a command line and wants this exit code: code 2 postolka nonsense.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = exitOf(err)
	}
	if got != args[0] {
		ts.Fatalf("exit code: got %s, want %s", got, args[0])
	}
}

// approve runs the plan whose command line a file holds: approve plan.txt.
func approve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: approve FILE")
	}
	words := strings.Fields(ts.ReadFile(args[0]))
	hash := words[len(words)-1]
	ts.Check(ts.Exec("postolka", "erase", "--data", "d", "--approve", hash))
}

func exitOf(err error) string {
	type coder interface{ ExitCode() int }
	if c, ok := err.(coder); ok {
		return string(rune('0' + c.ExitCode()))
	}
	return err.Error()
}
