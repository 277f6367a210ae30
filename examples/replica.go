// A replica of a service in Go, tuned by Arqon with its siblings: one POST every half a second, the standard library alone.
// The protocol is in schemas/replica-report.schema.json and schemas/replica-answer.schema.json.
//
//	go run replica.go http://127.0.0.1:7070 importer 20s
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

type Knob struct {
	Min, Max, Step, Initial float64
	Scale                   byte // 0 linear, 1 log, 2 periodic
}
type Values map[string]float64
type Pair [2]int64 // epoch and generation; {0, 0}: stands on its own values

type window struct {
	At     Pair    `json:"at"`
	N      int     `json:"n"`
	Sum    float64 `json:"sum"`
	Sum2   float64 `json:"sum2"`
	Errors int     `json:"errors"`
}
type report struct {
	Protocol int      `json:"protocol"`
	Tuner    string   `json:"tuner"`
	Replica  string   `json:"replica"`
	Boot     string   `json:"boot"`
	Seq      int      `json:"seq"`
	Table    string   `json:"table"`
	At       Pair     `json:"at"`
	Windows  []window `json:"windows"`
	Refused  string   `json:"refused,omitempty"`
}
type answer struct {
	At                                           Pair
	Values, Base, Baseline                       Values
	LeaseMs, BaselineAfterMs, ReportMs, SettleMs float64
}

type Replica struct {
	URL, Tuner, Token, Name string
	Knobs                   map[string]Knob

	mu                     sync.Mutex
	boot, table, refused   string
	seq                    int
	values, base, baseline Values
	at, newest             Pair
	leaseEnds, baseEnds    time.Time
	every                  time.Duration
	windows                []window
	unanswered             *report
}

// KnobHash is how an owner knows that both sides mean the same knobs.
func KnobHash(knobs map[string]Knob) string {
	h := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(knobs)) {
		k := knobs[name]
		h.Write(append([]byte(name), 0))
		for _, x := range []float64{k.Min, k.Max, k.Step} {
			h.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(x)))
		}
		h.Write([]byte{k.Scale})
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Start reports until the program ends.
func (r *Replica) Start() {
	own := Values{}
	for name, k := range r.Knobs {
		own[name] = k.Initial
	}
	r.boot, r.table, r.every = fmt.Sprintf("%016x", rand.Uint64()), KnobHash(r.Knobs), 500*time.Millisecond
	r.values, r.base, r.baseline = own, own, own
	go func() {
		for {
			time.Sleep(r.report())
		}
	}()
}

// Configuration is what to run now, and the pair that a measurement must name: as told while the lease lasts, then base, then baseline.
func (r *Replica) Configuration() (Pair, Values) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch now := time.Now(); { // with Go's monotonic reading
	case now.Before(r.leaseEnds):
		return r.at, r.values
	case now.Before(r.baseEnds):
		return Pair{}, r.base
	}
	return Pair{}, r.baseline
}

// Observe reports one measurement of work that started under this pair.
func (r *Replica) Observe(at Pair, objective float64, failed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at == (Pair{}) || at != r.at {
		return
	}
	if last := len(r.windows) - 1; last < 0 || r.windows[last].At != at {
		r.windows = append(r.windows, window{At: at})
		r.windows = r.windows[max(0, len(r.windows)-8):]
	}
	w := &r.windows[len(r.windows)-1]
	w.N, w.Sum, w.Sum2 = w.N+1, w.Sum+objective, w.Sum2+objective*objective
	if failed {
		w.Errors++
	}
}

// report makes one exchange, and says when the next one is due. What was not answered is sent again under its number, and counts once.
func (r *Replica) report() time.Duration {
	r.mu.Lock()
	if r.unanswered == nil {
		r.unanswered = &report{Protocol: 1, Tuner: r.Tuner, Replica: r.Name, Boot: r.boot, Seq: r.seq,
			Table: r.table, Windows: append([]window{}, r.windows...)}
		r.windows, r.seq = nil, r.seq+1
	}
	r.unanswered.At, r.unanswered.Refused = r.at, r.refused
	body, _ := json.Marshal(r.unanswered)
	every := r.every
	r.mu.Unlock()

	request, err := http.NewRequest("POST", r.URL+"/arqon/report", bytes.NewReader(body))
	if err != nil {
		return every
	}
	request.Header.Set("content-type", "application/json")
	if r.Token != "" {
		request.Header.Set("authorization", "Bearer "+r.Token)
	}
	sent := time.Now() // the lease runs from here
	response, err := (&http.Client{Timeout: 2 * every}).Do(request)
	if err != nil {
		return every // nobody there: the lease runs on
	}
	defer response.Body.Close()
	var got struct {
		answer
		RetryAfterMs float64
	}
	if json.NewDecoder(response.Body).Decode(&got) != nil || response.StatusCode != 200 {
		return max(every, millis(got.RetryAfterMs, 60_000))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unanswered = nil
	r.take(got.answer, sent)
	return r.every
}

// take follows an answer that is not older than another one, and within the replica's own bounds.
func (r *Replica) take(got answer, sent time.Time) {
	r.refused = ""
	if slices.Compare(got.At[:], r.newest[:]) < 0 {
		r.refused = "older"
		return
	}
	for _, told := range []Values{got.Values, got.Base, got.Baseline} {
		for name, k := range r.Knobs {
			if x, there := told[name]; !there || len(told) != len(r.Knobs) || !(k.Min <= x && x <= k.Max) {
				r.refused = "outOfBounds"
				return
			}
		}
	}
	r.values, r.base, r.baseline, r.at, r.newest = got.Values, got.Base, got.Baseline, got.At, got.At
	r.every = max(100*time.Millisecond, millis(got.ReportMs, 60_000))
	r.leaseEnds = sent.Add(millis(got.LeaseMs, 600_000))
	r.baseEnds = r.leaseEnds.Add(millis(got.BaselineAfterMs, 86_400_000))
}

func millis(ms, most float64) time.Duration {
	return time.Duration(min(ms, most) * float64(time.Millisecond))
}

// Four replicas of an importer that is fastest with batches of 40.
func main() {
	lasts, err := time.ParseDuration(os.Args[3])
	if err != nil {
		panic(err)
	}
	knobs := map[string]Knob{"batch": {Min: 1, Max: 64, Step: 1, Initial: 8}}
	var all []*Replica
	for i := range 4 {
		one := &Replica{URL: os.Args[1], Tuner: os.Args[2], Name: fmt.Sprintf("go-%d", i), Knobs: knobs}
		one.Start()
		all = append(all, one)
	}
	for end := time.Now().Add(lasts); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, one := range all {
			at, values := one.Configuration()
			one.Observe(at, math.Pow(values["batch"]-40, 2)+10*rand.Float64(), false)
		}
	}
	at, values := all[0].Configuration()
	fmt.Println("epoch", at[0], "generation", at[1], "batch", values["batch"])
}
