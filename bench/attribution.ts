/**
 * The attribution benchmark: compares flake-sla with published rules, on simulated histories with known truth and on real
 * histories. Seeds from 1001 were not used while the model was developed.
 */
import { Command } from 'commander'
import { SCENARIOS, type Scenario } from '../src/simulate/scenarios.ts'
import { writeHidden, writePage } from './attribution-page.ts'
import { casesOf } from './cases.ts'
import { hide } from './hiding.ts'
import { tryOutages } from './outage.ts'
import { RULES, type Rule } from './published-rules.ts'
import { type Answer, type Answers, labelAt, type Scores, score } from './scores.ts'

interface Options {
  seeds: string
  first: string
  days: string
  only?: string
  rules?: string
  corpora?: string
  write: boolean
}

/** The command `attribution`. */
export function attributionCommand(): Command {
  return new Command('attribution')
    .description('compare rules of attribution on simulated organisations whose truth is known')
    .option('--seeds <number>', 'how many histories of each scenario', '20')
    .option('--first <seed>', 'the first of the seeds; those from 1001 on are held out', '1001')
    .option('--days <number>', 'how long each history is', '35')
    .option('--only <scenarios>', 'names of scenarios, with commas between')
    .option('--rules <rules>', 'names of rules, with commas between')
    .option(
      '--corpora <folder>',
      'judge the flakes of recorded deliveries (NDJSON) instead, with what came after hidden',
    )
    .option('--write', 'put the tables into docs/attribution.md', false)
    .action((options: Options) => (options.corpora === undefined ? compare(options) : compareHidden(options)))
}

const LIMIT = 'limit'
const OUTAGE_SEEDS = 5

function compare(options: Options): void {
  const rules = named(RULES, options.rules)
  const pooled: Answers = new Map()
  const families = new Map<string, Answers>()
  for (const scenario of named(SCENARIOS, options.only)) {
    const answers = answersIn(scenario, rules, options)
    families.set(scenario.name, answers)
    for (const [rule, list] of answers) add(pooled, rule, list)
    print(scenario.name, answers)
  }
  print('all families', pooled)
  const outage = tryOutages(Number(options.first), OUTAGE_SEEDS)
  console.log('\noutages', outage)
  const seeds = `${families.size} families of ${options.seeds} histories each, ${options.days} days long, seeds ${options.first} to ${Number(options.first) + Number(options.seeds) - 1}; ${pooled.get(LIMIT)?.length} flakes.`
  if (options.write) writePage({ families, pooled, outage, seeds })
}

async function compareHidden({ corpora = '.', rules, write }: Options): Promise<void> {
  const chosenRules = named(RULES, rules)
  const hidden = await hide(
    corpora,
    chosenRules.filter((rule) => !rule.needsHeads),
  )
  print(`${hidden.repositories} repositories, ${hidden.decided} of ${hidden.flakes} flakes`, hidden.answers)
  if (write) writeHidden(hidden)
}

function named<T extends Rule | Scenario>(all: readonly T[], names: string | undefined): readonly T[] {
  const chosenNames = names?.split(',')
  return all.filter((rule) => chosenNames === undefined || chosenNames.includes(rule.name))
}

function answersIn(scenario: Scenario, rules: readonly Rule[], options: Options): Answers {
  const answers: Answers = new Map()
  const first = Number(options.first)
  for (let seed = first; seed < first + Number(options.seeds); seed++) {
    for (const { flakeCase, causedByPr, limit, window } of casesOf(scenario, seed, Number(options.days))) {
      const answer = (judgement: ReturnType<Rule['judge']>): Answer => {
        return { label: labelAt(judgement.probability), ...judgement, causedByPr, window }
      }
      add(answers, LIMIT, [answer({ probability: limit })])
      for (const rule of rules) add(answers, rule.name, [answer(rule.judge(flakeCase))])
    }
  }
  return answers
}

function add(answers: Answers, rule: string, more: readonly Answer[]): void {
  const list = answers.get(rule) ?? []
  answers.set(rule, list)
  for (const answer of more) list.push(answer)
}

function print(name: string, answers: Answers): void {
  console.log(`\n${name}`)
  for (const [rule, list] of answers) console.log(`  ${rule.padEnd(18)} ${line(score(list))}`)
}

function line(scores: Scores): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)}%`.padStart(6)
  return [
    `flakes ${scores.flakes}`,
    `brier ${scores.brier.toFixed(4)}`,
    `blame ${scores.blames} wrong ${percent(scores.wrongBlame)}`,
    `excuse ${scores.excuses} wrong ${percent(scores.wrongExcuse)}`,
    `undetermined ${percent(scores.undetermined)}`,
    `ece ${scores.calibration.toFixed(3)}`,
    `counted ${scores.counted.toFixed(3)}`,
    `covered ${percent(scores.covered)}`,
  ].join('  ')
}
