/** `simulate`: deliveries of a simulated organisation with known truth, for trying out and measuring the program. */
import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { UserError } from '../domain/user-error.ts'
import { SCENARIOS, type Scenario, scenarioOf } from '../simulate/scenarios.ts'
import { simulate, simulatedDeliveries, truthJson } from '../simulate/simulate.ts'
import { day, wholeNumber } from './arguments.ts'

interface SimulateCliOptions {
  seed: string
  days: string
  scenario: string
  repository?: string
  from: string
  truth?: string
}

/** The command, for the program to add. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description(
      'print webhook deliveries of a simulated organisation, and write the truth about its flakes to a file',
    )
    .option('--seed <number>', 'the same seed gives the same history', '1')
    .option('--days <number>', 'the length of the history', '28')
    .option(
      '--scenario <name>',
      `one of ${SCENARIOS.map((scenario) => scenario.name).join(', ')}, or all`,
      'steady',
    )
    .option('--repository <owner/name>', 'the repository’s name (default: example-org/ and the scenario)')
    .option('--from <date>', 'the first day', '2026-01-05')
    .option(
      '--truth <file>',
      'write the true cause of each flake, and the best possible accuracy, to this file',
    )
    .action(async (options: SimulateCliOptions) => {
      await runSimulate(
        options,
        (line) => new Promise((resolve) => process.stdout.write(line, () => resolve())),
      )
    })
}

/** Writes the deliveries, and the truth if requested. @throws UserError for invalid options */
export async function runSimulate(
  options: SimulateCliOptions,
  write: (line: string) => Promise<void>,
): Promise<void> {
  const seed = wholeNumber('--seed', options.seed, 0, 2 ** 31)
  const days = wholeNumber('--days', options.days, 1, 1000)
  const from = Date.parse(day('--from', options.from))
  const scenarios = scenariosOf(options)
  const truth: ReturnType<typeof truthJson>[] = []
  for (const scenario of scenarios) {
    const repository = options.repository ?? `example-org/${scenario.name}`
    const simulation = simulate(scenario, { seed, days, from, repository })
    truth.push(truthJson(simulation))
    for (const delivery of simulatedDeliveries(simulation, seed)) await write(`${JSON.stringify(delivery)}\n`)
  }
  if (options.truth === undefined) return
  await writeFile(options.truth, `${JSON.stringify({ seed, days, repositories: truth }, null, 2)}\n`)
}

function scenariosOf({ scenario: name, repository }: SimulateCliOptions): readonly Scenario[] {
  if (repository !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(repository))
    throw new UserError(`--repository ${repository} is not owner/name. Write it like example-org/shop.`)
  if (name === 'all') {
    if (repository !== undefined)
      throw new UserError('--repository cannot be combined with --scenario all. Choose one scenario.')
    return SCENARIOS
  }
  const found = scenarioOf(name)
  if (found) return [found]
  throw new UserError(
    `There is no scenario ${name}. Choose one of ${SCENARIOS.map((scenario) => scenario.name).join(', ')}, or all.`,
  )
}
