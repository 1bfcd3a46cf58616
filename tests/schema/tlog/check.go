// Checks what a log made with Go's own implementation. Reads a case as JSON on stdin, prints one line per difference.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type Case struct {
	Entries     [][]byte
	Roots       []tlog.Hash // by size
	Inclusions  []Inclusion
	Consistency []Consistency
	Tiles       []Tile
	Notes       []Note
}

type Inclusion struct {
	Number, Size int64
	Proof        []tlog.Hash
	Valid        bool
}

type Consistency struct {
	Old, Size int64
	Proof     []tlog.Hash
	Valid     bool
}

type Tile struct {
	Path   string
	Hashes []byte
}

type Note struct {
	Text  string
	Keys  []string // of the log
	Names []string // whose signatures must be valid, in this order
	// Keys of witnesses
	Witnesses []Witness
}

type Witness struct {
	Name string
	Key  []byte
	Id   uint32
}

func (witness Witness) verifier() note.Verifier { return cosignature{witness} }

type cosignature struct{ witness Witness }

func (verifier cosignature) Name() string    { return verifier.witness.Name }
func (verifier cosignature) KeyHash() uint32 { return verifier.witness.Id }
func (verifier cosignature) Verify(text, signature []byte) bool {
	if len(signature) != 72 {
		return false
	}
	seconds := binary.BigEndian.Uint64(signature)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, text)
	return ed25519.Verify(verifier.witness.Key, []byte(signed), signature[8:])
}

type hashes []tlog.Hash

func (stored hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for number, index := range indexes {
		found[number] = stored[index]
	}
	return found, nil
}

func main() {
	var given Case
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		log.Fatal(err)
	}
	var stored hashes
	for number, entry := range given.Entries {
		more, err := tlog.StoredHashes(int64(number), entry, stored)
		must(err)
		stored = append(stored, more...)
	}
	checkTrees(given, stored)
	checkTiles(given, stored)
	for _, each := range given.Notes {
		checkNote(each)
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func checkTrees(given Case, stored hashes) {
	for size, root := range given.Roots {
		expected, err := tlog.TreeHash(int64(size), stored)
		if size > 0 {
			must(err)
		}
		if size > 0 && expected != root {
			fmt.Println("root of", size)
		}
	}
	for _, each := range given.Inclusions {
		err := tlog.CheckRecord(each.Proof, each.Size, given.Roots[each.Size], each.Number, tlog.RecordHash(given.Entries[each.Number]))
		if (err == nil) != each.Valid {
			fmt.Println("inclusion", each.Number, each.Size, err)
		}
	}
	for _, each := range given.Consistency {
		err := tlog.CheckTree(each.Proof, each.Size, given.Roots[each.Size], each.Old, given.Roots[each.Old])
		if (err == nil) != each.Valid {
			fmt.Println("consistency", each.Old, each.Size, err)
		}
	}
}

func checkTiles(given Case, stored hashes) {
	for _, each := range given.Tiles {
		tile, err := tlog.ParseTilePath("tile/8/" + each.Path)
		must(err)
		expected, err := tlog.ReadTileData(tile, stored)
		must(err)
		if tile.Path() != "tile/8/"+each.Path || !bytes.Equal(expected, each.Hashes) {
			fmt.Println("tile", each.Path)
		}
	}
	size := int64(len(given.Entries))
	if size == 0 {
		return
	}
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: given.Roots[size]}, served(given.Tiles))
	for number := int64(0); number < size; number++ {
		found, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, number)})
		if err != nil || found[0] != tlog.RecordHash(given.Entries[number]) {
			fmt.Println("leaf", number, "by tiles:", err)
		}
	}
}

type served []Tile

func (tiles served) Height() int                    { return 8 }
func (tiles served) SaveTiles([]tlog.Tile, [][]byte) {}
func (tiles served) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		path := strings.TrimPrefix(tile.Path(), "tile/8/")
		for _, each := range tiles {
			if each.Path == path {
				found = append(found, each.Hashes)
			}
		}
	}
	if len(found) != len(wanted) {
		return nil, fmt.Errorf("tiles are missing: %v", wanted)
	}
	return found, nil
}

func checkNote(given Note) {
	var verifiers []note.Verifier
	for _, key := range given.Keys {
		verifier, err := note.NewVerifier(key)
		must(err)
		verifiers = append(verifiers, verifier)
	}
	for _, witness := range given.Witnesses {
		verifiers = append(verifiers, witness.verifier())
	}
	opened, err := note.Open([]byte(given.Text), note.VerifierList(verifiers...))
	var names []string
	if err == nil {
		for _, signature := range opened.Sigs {
			names = append(names, signature.Name)
		}
	}
	if strings.Join(names, " ") != strings.Join(given.Names, " ") {
		fmt.Printf("note %q %v %v\n", given.Text, names, err)
	}
}
