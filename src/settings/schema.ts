/** The schema of `.github/flake-sla.yml`: what each setting means and which values it allows. The JSON Schema is generated from it. */
import { z } from 'zod'
import { isTimeZone } from '../domain/window.ts'

const NAMES = 'a list of names, such as [unit, "e2e-*"]'
const names = z.array(z.string().min(1).max(500)).max(500)
const logins = z
  .array(z.string().regex(/^@?[\w-]+(\/[\w.-]+)?(\[bot\])?$/, 'is not a login or team'))
  .max(100)

/** A setting with its meaning and its allowed values in words. Editors and messages show both. */
function setting<T extends z.ZodType>(schema: T, description: string, allowed: string) {
  return schema.meta({ description, allowed }).optional()
}

const onOff = 'true or false'

export const settingsSchema = z.strictObject({
  target: setting(
    z.number().gt(0).max(1),
    'The SLA target. A window is in SLA when its rate (flakes not caused by the pull request / pull requests tested) is strictly below it.',
    'a number above 0 and at most 1, such as 0.01',
  ),
  time_zone: setting(
    z.string().max(100).refine(isTimeZone, 'is not an IANA time zone'),
    'The time zone in which days and weeks begin.',
    'an IANA time zone, such as Europe/Berlin or UTC',
  ),
  required: setting(
    z.union([z.literal('auto'), names]),
    'Which jobs count: auto means the jobs that the base branch requires; a list names jobs and globs.',
    `auto, or ${NAMES}`,
  ),
  ignore: setting(names, 'Jobs that never count, by name or glob.', NAMES),
  gates: setting(
    z.strictObject({
      include: setting(names, 'Jobs that are gates, by name or glob.', NAMES),
      exclude: setting(names, 'Jobs that are tests although they look like gates, by name or glob.', NAMES),
    }),
    'Jobs that state something about the pull request (CLA, title, labels, approval) and test nothing. They never count. Known apps and jobs that behave like gates are recognised without this setting.',
    'the settings include and exclude',
  ),
  outcomes: setting(
    z.record(
      z.string().min(1).max(500),
      z.strictObject({
        error: setting(
          z.enum(['fail', 'infra', 'aborted', 'skipped']),
          'What a commit status with the state error means.',
          'fail, infra, aborted or skipped',
        ),
      }),
    ),
    'How the results of a job are read, by name or glob of the job. By default, error is infrastructure unless the CI is known to report failed builds with it.',
    'a mapping such as { "ci/x": { error: fail } }',
  ),
  bots: setting(
    logins,
    'Logins of robots that are GitHub users. Logins such as x[bot], x-bot, x-robot and robot-x are recognised without this setting.',
    'a list of logins, such as [merge-helper]',
  ),
  require_same_base: setting(
    z.boolean(),
    'Count only flakes whose failing and passing runs definitely tested the same base.',
    onOff,
  ),
  attribution: setting(
    z.strictObject({
      window_days: setting(
        z.number().int().min(2).max(60),
        'Has no effect: evidence always comes from 28 days before a flake to 7 days after it.',
        'a whole number from 2 to 60',
      ),
      same_author_is_independent: setting(
        z.boolean(),
        'Whether another pull request of the same author is evidence.',
        onOff,
      ),
      paths: setting(
        z.array(z.strictObject({ glob: z.string().max(500), jobs: names })).max(500),
        'Which jobs a change to a path can break. An empty list means that it can break no job.',
        'a list such as [{ glob: "docs/**", jobs: [] }]',
      ),
    }),
    'What counts as evidence about whose flake it is.',
    'the settings window_days, same_author_is_independent and paths',
  ),
  breach_issue: setting(
    z.strictObject({
      mode: setting(
        z.enum(['daily', 'rolling', 'off']),
        'daily: an issue for each day out of SLA, which closes the previous one; rolling: one issue that is updated.',
        'daily, rolling or off',
      ),
      labels: setting(names, 'Labels of the issue.', NAMES),
      assignees: setting(
        logins,
        'Who is assigned to the issue and therefore notified.',
        'a list of logins, such as [octocat]',
      ),
      repository: setting(
        z
          .string()
          .regex(/^[\w.-]+\/[\w.-]+$/, 'is not a repository')
          .nullable(),
        'Where the issue is filed; null means the repository itself.',
        'owner/name, or null',
      ),
    }),
    'The issue about a day out of SLA.',
    'the settings mode, labels, assignees and repository',
  ),
  job_issues: setting(
    z.strictObject({
      enabled: setting(
        z.boolean(),
        'Keep an issue for each of the jobs that use most of the error budget.',
        onOff,
      ),
      labels: setting(names, 'Labels of these issues.', NAMES),
    }),
    'Issues about single jobs: at most two new ones a day.',
    'the settings enabled and labels',
  ),
  owners: setting(
    z.array(z.strictObject({ job: z.string().min(1).max(500), owners: logins })).max(500),
    'Who owns a job, by name or glob. The first match counts. Without a match, CODEOWNERS of the job’s workflow file decides.',
    'a list such as [{ job: "e2e-*", owners: [octocat] }]',
  ),
  retest: setting(
    z.strictObject({
      execute: setting(
        z.boolean(),
        'Re-run failed jobs on /retest, /retest-required and /test. This needs the permission actions: write.',
        onOff,
      ),
      words: setting(
        z.array(z.string().trim().min(2).max(100)).max(50),
        'Comments that ask another CI for a re-run. They are recorded as retests.',
        'a list of comments, such as ["retest this please"]',
      ),
    }),
    'Commands that ask for a re-run.',
    'the settings execute and words',
  ),
  retention: setting(
    z.strictObject({
      run_days: setting(
        z.number().int().min(35).max(3650),
        'How many days runs and what was reported about them are kept. Verdicts, flakes and windows are kept for good.',
        'a whole number from 35 to 3650',
      ),
    }),
    'How long data is kept.',
    'the setting run_days',
  ),
  hunt: setting(
    z.strictObject({
      enabled: setting(
        z.boolean(),
        'Re-run a job many times on /hunt, for people with write permission. This needs the permission actions: write.',
        onOff,
      ),
      max_runs: setting(
        z.number().int().min(1).max(50),
        'Limit for the runs of one hunt. GitHub allows 50 for a workflow run.',
        'a whole number from 1 to 50',
      ),
      max_minutes: setting(
        z.number().int().min(1).max(100_000),
        'Limit for the minutes of GitHub Actions that all hunts of this repository use in 24 hours.',
        'a whole number from 1 to 100000',
      ),
    }),
    'Hunts that people start on a pull request: one at a time, one run at a time.',
    'the settings enabled, max_runs and max_minutes',
  ),
  report: setting(
    z.strictObject({
      automatic: setting(
        z.boolean(),
        'Keep one comment on each pull request on which a required job has flaked.',
        onOff,
      ),
      check_run: setting(z.boolean(), 'Show the same in a neutral check run named flake-sla.', onOff),
    }),
    'Reports that are written without a command.',
    'the settings automatic and check_run',
  ),
})

/** The content of a file. Every setting is optional. */
export type SettingsInput = z.infer<typeof settingsSchema>

/** Where the JSON Schema is published. */
const ADDRESS = 'https://raw.githubusercontent.com/flake-sla/flake-sla/main/schema/flake-sla.schema.json'

/** The JSON Schema (draft 2020-12) that editors read. */
export function settingsJsonSchema(): object {
  const schema = z.toJSONSchema(settingsSchema, {
    io: 'input',
    override({ jsonSchema }) {
      const { allowed, description } = jsonSchema as { allowed?: string; description?: string }
      if (allowed === undefined) return
      delete (jsonSchema as { allowed?: string }).allowed
      jsonSchema.description = `${description} Allowed: ${allowed}.`
    },
  })
  return {
    ...schema,
    $id: ADDRESS,
    title: '.github/flake-sla.yml',
    description: 'Settings of flake-sla. Every setting is optional.',
  }
}

/** What is allowed at a path of the file, in words, and the names of the settings in it. */
export function allowedAt(path: readonly PropertyKey[]): { allowed: string | null; keys: string[] } {
  let schema: z.ZodType = settingsSchema
  let allowed: string | null = null
  for (const part of path) {
    const inner = bare(schema)
    const next = inner instanceof z.ZodObject ? inner.shape[String(part)] : elementOf(inner)
    if (!next) break
    schema = next as z.ZodType
    allowed = (bare(schema).meta()?.allowed as string | undefined) ?? allowed
  }
  const last = bare(schema)
  return { allowed, keys: last instanceof z.ZodObject ? Object.keys(last.shape) : [] }
}

function bare(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? bare(schema.unwrap() as z.ZodType) : schema
}

function elementOf(schema: z.ZodType): z.ZodType | null {
  return schema instanceof z.ZodArray ? (schema.element as z.ZodType) : null
}
