// Command goregexp answers what Go's package regexp makes of patterns and names.
//
// It reads requests and writes answers as lines of JSON; []byte is base64, because patterns and
// names may hold bytes that are not valid UTF-8.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"regexp"
	"regexp/syntax"
)

type request struct {
	Pattern []byte   `json:"pattern"`
	Names   [][]byte `json:"names"`
}

type answer struct {
	// Error is empty when Go takes the pattern.
	Error []byte `json:"error"`
	// Matches has an element for every name.
	Matches []bool `json:"matches"`
	// Class has the first and last rune of every range, if the pattern is nothing but a class.
	Class []rune `json:"class"`
}

func answerTo(asked request) answer {
	compiled, err := regexp.Compile(string(asked.Pattern))
	if err != nil {
		return answer{Error: []byte(err.Error())}
	}
	given := answer{Matches: make([]bool, len(asked.Names))}
	for i, name := range asked.Names {
		given.Matches[i] = compiled.MatchString(string(name))
	}
	if len(asked.Names) == 0 {
		given.Class = class(string(asked.Pattern))
	}
	return given
}

func class(pattern string) []rune {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || tree.Op != syntax.OpCharClass {
		return nil
	}
	return tree.Rune
}

func main() {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for in.More() {
		var asked request
		if err := in.Decode(&asked); err != nil {
			log.Fatal(err)
		}
		if err := encoder.Encode(answerTo(asked)); err != nil {
			log.Fatal(err)
		}
	}
}
