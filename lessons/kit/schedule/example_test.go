package schedule_test

import (
	"fmt"

	"interleave/lessons/kit/schedule"
)

// The talk's race: of all 20 schedules only the two that keep the threads apart give 2.
func Example() {
	p := schedule.MustParse(`
		var n = 0
		threads 2
		  read n
		  add 1
		  write n
		ensure n == 2`)
	fmt.Print(p.Enumerate(schedule.Limits{}))
	// Output:
	// Outcome  Schedules  For example
	// -------  ---------  -----------
	// n = 1    18         1 1 2 1 2 2
	// n = 2    2          1 1 1 2 2 2
	// Schedules: 20
	//
	// Thread 1    Thread 2    Integer value
	// ----------  ----------  -------------
	//                         0
	// read value              ← 0
	// add 1                   0
	//             read value  ← 0
	//             add 1       0
	//             write back  → 1
	// write back              → 1
	// Schedule 1 1 2 2 2 1: n == 2 does not hold: n = 1
}

// Closures take steps by calling methods with their thread.
func ExampleDefine() {
	p := schedule.Define(func(m *schedule.Machine) {
		seats := m.Int("seats", 1)
		for _, name := range []string{"Ani", "Budi"} {
			m.Go(name, func(t *schedule.Thread) {
				if seats.Read(t) > 0 {
					seats.Add(t, -1)
				}
			})
		}
		m.Ensure("seats >= 0", func() bool { return seats.Value() >= 0 })
	})
	fmt.Print(p.Enumerate(schedule.Limits{}).Shortest)
	// Output:
	// Ani                  Budi                 seats
	// -------------------  -------------------  -----
	//                                           1
	// read seats                                ← 1
	//                      read seats           ← 1
	//                      atomic add seats -1  → 0
	// atomic add seats -1                       → -1
	// Schedule 1 2 2 1: seats >= 0 does not hold: seats = -1
}

func ExampleProgram_Play() {
	game := schedule.Race().Play()
	game.Choose(1, 2)
	game.Undo()
	for _, c := range game.Choices() {
		fmt.Println(c.Thread, c.Step)
	}
	game.Choose(2, 1, 1, 2, 2)
	fmt.Println(game.Run().End, game.Run().Outcome)
	// Output:
	// 1 add 1
	// 2 read value
	// failed n = 1
}

func ExampleRun_Predict() {
	run, _ := schedule.Race().Replay("1 2 1 2 1 2")
	quiz := run.Predict()
	for range 5 {
		quiz.Answer(0) // the fifth is wrong: it is the first write
	}
	_, message := quiz.Answer(2)
	fmt.Println(message)
	fmt.Println(quiz.Score())
	// Output:
	// step 6: Integer value is 1, not 2
	// 4 6
}

// The tables are plain HTML, for notebooks that are not trusted yet; a walk opens one step after the other.
func ExampleTable_Walk() {
	run, _ := schedule.MustParse("thread; read n; write n").Replay("1 1")
	fmt.Print(run.Table().Walk().HTML())
	// Output:
	// <table><thead><tr><th>Thread 1</th><th>Integer value</th></tr>
	// </thead><tbody><tr><td></td><td>0</td></tr>
	// </tbody></table>
	// <details><summary>1. Thread 1: read value</summary>
	// <table><thead><tr><th>Thread 1</th><th>Integer value</th></tr>
	// </thead><tbody><tr><td>read value</td><td>← 0</td></tr>
	// </tbody></table>
	// <details><summary>2. Thread 1: write back</summary>
	// <table><thead><tr><th>Thread 1</th><th>Integer value</th></tr>
	// </thead><tbody><tr><td>write back</td><td>→ 0</td></tr>
	// </tbody></table>
	// <p>Schedule 1 1: n = 0</p>
	// </details>
	// </details>
}

func ExampleTable_Markdown() {
	fmt.Print(schedule.RaceTable().Table(schedule.Indonesian()).Markdown())
	// Output:
	// | Thread 1 | Thread 2 | Nilai integer |
	// |---|---|---|
	// |  |  | 0 |
	// | baca nilai |  | ← 0 |
	// |  | baca nilai | ← 0 |
	// | tambahkan 1 |  | 0 |
	// |  | tambahkan 1 | 0 |
	// | tulis kembali |  | → 1 |
	// |  | tulis kembali | → 1 |
}
