/**
 * The benchmark of rules: ours beside the published ones, on simulated truth. `node bench/rules.ts` prints the table;
 * `--write` puts it into docs/attribution.md. Seeds from 1001 on were never looked at while the model was made.
 */
import { parseArgs } from 'node:util'
import { SCENARIOS } from '../src/simulate/scenarios.ts'
import { questionsOf } from './cases.ts'
import { RULES } from './published-rules.ts'
import { type Answer, labelAt, type Scores, score } from './scores.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    first: { type: 'string', default: '1001' },
    days: { type: 'string', default: '35' },
    only: { type: 'string' },
    rules: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const rules = RULES.filter(
  (rule) => values.rules === undefined || values.rules.split(',').includes(rule.name),
)
const families = SCENARIOS.filter(
  (one) => values.only === undefined || values.only.split(',').includes(one.name),
)
const first = Number(values.first)
const pooled = new Map<string, Answer[]>()
const spent = new Map<string, number>()
for (const scenario of families) {
  const answers = new Map<string, Answer[]>()
  const add = (rule: string, answer: Answer) => {
    for (const into of [answers, pooled]) {
      const list = into.get(rule)
      if (list) list.push(answer)
      else into.set(rule, [answer])
    }
  }
  for (let seed = first; seed < first + Number(values.seeds); seed++) {
    for (const { one, causedByPr, limit, window } of questionsOf(scenario, seed, Number(values.days))) {
      const answer = (probability: number): Answer => ({
        probability,
        label: labelAt(probability),
        causedByPr,
        window,
      })
      add('limit', answer(limit))
      for (const rule of rules) {
        const started = performance.now()
        const probability = rule.judge(one)
        spent.set(rule.name, (spent.get(rule.name) ?? 0) + performance.now() - started)
        add(rule.name, answer(probability))
      }
    }
  }
  print(scenario.name, answers)
}
print('all families', pooled)
for (const [rule, ms] of spent)
  console.log(`${rule}: ${(ms / (pooled.get(rule)?.length ?? 1)).toFixed(3)} ms a flake`)

function print(name: string, answers: Map<string, Answer[]>): void {
  console.log(`\n${name}`)
  for (const [rule, list] of answers) console.log(`  ${rule.padEnd(18)} ${line(score(list))}`)
}

function line(one: Scores): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)}%`.padStart(6)
  return [
    `flakes ${one.flakes}`,
    `brier ${one.brier.toFixed(4)}`,
    `blame ${one.blames} wrong ${percent(one.wrongBlame)}`,
    `excuse ${one.excuses} wrong ${percent(one.wrongExcuse)}`,
    `undetermined ${percent(one.undetermined)}`,
    `ece ${one.calibration.toFixed(3)}`,
    `counted ${one.counted.toFixed(3)}`,
    `covered ${percent(one.covered)}`,
  ].join('  ')
}
