/** Writes the benchmark's figures into docs/attribution.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { markdownTable } from 'markdown-table'
import { writeGenerated } from '../scripts/generated.ts'
import type { Hidden } from './hiding.ts'
import type { OutageResult } from './outage.ts'
import { type Answers, type Scores, score } from './scores.ts'

const PAGE = new URL('../docs/attribution.md', import.meta.url)

export interface Figures {
  families: Map<string, Answers>
  pooled: Answers
  outage: OutageResult
  seeds: string
}

/** Replaces the tables of the simulated histories. */
export function writePage({ families, pooled, outage, seeds }: Figures): void {
  let page = readFileSync(PAGE, 'utf8')
  const put = (name: string, text: string) => {
    page = writeGenerated(page, name, `\n\n${text}\n\n`)
  }
  put('pooled', `${seeds}\n\n${scoresTable(pooled)}`)
  put('goals', goalsTable(pooled, families, outage))
  put('families', familiesTable(families))
  writeFileSync(PAGE, page)
}

/** Replaces the table of the real histories. */
export function writeHidden(hidden: Hidden): void {
  const intro = `${hidden.repositories} repositories, ${hidden.flakes} flakes, of which the following week decided ${hidden.decided}.`
  writeFileSync(
    PAGE,
    writeGenerated(
      readFileSync(PAGE, 'utf8'),
      'hidden',
      `\n\n${intro}\n\n${scoresTable(hidden.answers, false)}\n\n`,
    ),
  )
}

function scoresTable(answers: Answers, withWindows = true): string {
  const rows = [...answers].map(([rule, list]) => {
    const ownScore = score(list)
    const cells = [
      rule,
      ownScore.brier.toFixed(4),
      `${count(ownScore.blames, ownScore.wrongBlame)} of ${ownScore.blames}`,
      `${count(ownScore.excuses, ownScore.wrongExcuse)} of ${ownScore.excuses}`,
      percent(ownScore.undetermined),
      ownScore.calibration.toFixed(3),
    ]
    return withWindows ? [...cells, ownScore.counted.toFixed(3), percent(ownScore.covered)] : cells
  })
  const head = ['rule', 'Brier', 'wrong blames', 'wrong excuses', 'undetermined', 'calibration error']
  return markdownTable([withWindows ? [...head, 'counted / true', 'ranges that hold'] : head, ...rows])
}

function goalsTable(pooled: Answers, families: Map<string, Answers>, outage: OutageResult): string {
  const [ours, limit] = [scoresOf(pooled, 'flake-sla'), scoresOf(pooled, 'limit')]
  const beaten = [...families].filter(([, answers]) => isBest(answers)).length
  const rows: [string, string, string, boolean][] = [
    [
      'Brier score / limit’s',
      '≤ 1.15',
      (ours.brier / limit.brier).toFixed(3),
      ours.brier <= 1.15 * limit.brier,
    ],
    [
      'families with the best Brier score of all rules',
      'all',
      `${beaten} of ${families.size}`,
      beaten === families.size,
    ],
    ['wrong blames', '≤ 3%', percent(ours.wrongBlame), ours.wrongBlame <= 0.03],
    ['wrong excuses', '≤ 4%', percent(ours.wrongExcuse), ours.wrongExcuse <= 0.04],
    [
      'undetermined / limit’s',
      '≤ 1.3',
      (ours.undetermined / limit.undetermined).toFixed(2),
      ours.undetermined <= 1.3 * limit.undetermined,
    ],
    ['expected calibration error', '≤ 0.03', ours.calibration.toFixed(3), ours.calibration <= 0.03],
    ['flakes counted / true', '0.95 to 1.05', ours.counted.toFixed(3), Math.abs(ours.counted - 1) <= 0.05],
    ['windows whose range holds the truth', '≥ 90%', percent(ours.covered), ours.covered >= 0.9],
    [
      `blames in ${outage.outages} outages of 20 pull requests or more (${outage.flakes} flakes)`,
      'none',
      `${outage.blamed}, highest chance ${percent(outage.highest)}`,
      outage.blamed === 0,
    ],
  ]
  return markdownTable([
    ['measure', 'goal', 'measured', 'reached'],
    ...rows.map(([measure, goal, measured, holds]) => [measure, goal, measured, holds ? 'yes' : '**no**']),
  ])
}

function isBest(answers: Answers): boolean {
  const ours = scoresOf(answers, 'flake-sla').brier
  return [...answers.keys()].every((rule) => rule === 'limit' || scoresOf(answers, rule).brier >= ours)
}

function familiesTable(families: Map<string, Answers>): string {
  const rules = [...([...families.values()][0]?.keys() ?? [])]
  const rows = [...families].map(([family, answers]) => [
    family,
    String(scoresOf(answers, 'limit').flakes),
    ...rules.map((rule) => scoresOf(answers, rule).brier.toFixed(3)),
  ])
  return markdownTable([['family', 'flakes', ...rules], ...rows])
}

function scoresOf(answers: Answers, rule: string): Scores {
  return score(answers.get(rule) ?? [])
}

function count(of: number, share: number): number {
  return Math.round(of * share)
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)}%`
}
