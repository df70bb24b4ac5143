/**
 * What the descriptions of commit statuses say about their runs. A status has four states, which are not enough to say that a run
 * was stopped, that nothing was executed or that somebody set the status by hand, so CI systems say it in the description.
 */
import { label, type Reading, run } from './reading.ts'

/** Texts of one CI system and what they mean. */
interface TextRule {
  state: 'failure' | 'error' | 'success'
  pattern: RegExp
  reading: Reading
  source: string
}

const ABORTED = run('aborted', 'aborted')
const FAIL = run('fail', null)

/** The first rule that matches applies. What no rule matches is read by its state. */
const RULES: readonly TextRule[] = [
  {
    state: 'failure',
    pattern: /^Override cancelled by /,
    reading: label('override cancelled'),
    source: 'kubernetes-sigs/prow pkg/plugins/override/override.go',
  },
  {
    state: 'failure',
    // An aborted job that was not finished keeps the description of its last state.
    pattern: /^(?:Job triggered|Jenkins job enqueued|Jenkins job running)\.$/,
    reading: ABORTED,
    source:
      'kubernetes-sigs/prow pkg/plank/reconciler.go, pkg/jenkins/controller.go, pkg/github/report/report.go',
  },
  {
    state: 'failure',
    pattern: /^(?:aborted|scheduling|initializing|running)$/,
    reading: ABORTED,
    source: 'kubernetes-sigs/prow cmd/pipeline/controller.go',
  },
  {
    state: 'failure',
    pattern: /^Tasks Completed: \d+ \(Failed: 0, Cancelled [1-9]/,
    reading: ABORTED,
    source: 'tektoncd/pipeline pkg/reconciler/pipelinerun/resources/pipelinerunstate.go',
  },
  {
    state: 'failure',
    pattern: /^Pipeline running(?: stage\(s\): .*| \(.*\))?$/,
    reading: ABORTED,
    source: 'jenkins-x/lighthouse pkg/foghorn/controller.go',
  },
  {
    state: 'failure',
    pattern: /^Permission denied$/,
    reading: run('skipped', 'not permitted to run'),
    source: 'openshift-pipelines/pipelines-as-code pkg/pipelineascode/match.go',
  },
  {
    state: 'failure',
    pattern: /^pipelinerun start failure$/,
    reading: run('infra', 'could not be started'),
    source: 'openshift-pipelines/pipelines-as-code pkg/pipelineascode/pipelineascode.go',
  },
  {
    state: 'error',
    pattern: /^This commit cannot be built$/,
    reading: FAIL,
    source: 'jenkinsci/github-branch-source-plugin GitHubNotificationContext.java (recent versions)',
  },
  {
    state: 'success',
    pattern: /^Overridden by /,
    reading: label('overridden'),
    source: 'kubernetes-sigs/prow pkg/plugins/override/override.go',
  },
  {
    state: 'success',
    pattern: /^Skipped/,
    reading: label('skipped'),
    source: 'kubernetes-sigs/prow pkg/plugins/skip/skip.go',
  },
  {
    state: 'success',
    pattern: /^Context retired/,
    reading: label('context retired'),
    source: 'kubernetes-sigs/prow pkg/statusreconciler/migrator/migrator.go',
  },
]

/** What a description says beyond the state of its status; null when the state says everything. @param text without padding and base SHA */
export function readStatusText(state: string, text: string): Reading | null {
  const rule = RULES.find((rule) => rule.state === state && rule.pattern.test(text))
  if (rule) return rule.reading
  return (state === 'failure' || state === 'error') && saysStopped(text) ? ABORTED : null
}

const VERB = '(?:aborted|cancell?ed|superseded|stopped)'
/** What may follow the verb: nothing, a remark, or by whom and why. */
const REST =
  '(?=[.:;,!]|$| [(]| (?:by|as|because|due|on|in favou?r|for|after|since|when|manually|automatically)\\b)'
const SUBJECT =
  '(?:builds?|jobs?|runs?|pipelines?|pipeline ?runs?|task ?runs?|workflows?|tests?|checks?|tasks?|executions?|deployments?)'

/** The run is the subject: `Jenkins job aborted.`, `PipelineRun "x" was cancelled`, `Build #12 canceled (5 minutes)`. */
const RUN_STOPPED = new RegExp(
  `\\b${SUBJECT}\\b(?: (?:[#(]*\\d+[)]?|"[^"]*"|'[^']*'|[\\w./-]+|of this commit)){0,3}? (?:(?:was|were|is|are|got|has been|have been) )?(?:successfully )?${VERB}${REST}`,
  'i',
)
/** The description begins with what happened: `Aborted by …`, `Canceled`, `Superseded by a newer run`. */
const BEGINS_STOPPED = new RegExp(`^(?:successfully )?${VERB}(?:${REST}| [\\w./-]+\\.$)`, 'i')
/** `alice successfully aborted pull-unit.`; Prow's web page says it so. */
const PERSON_STOPPED = /^\S+ successfully (?:aborted|cancell?ed) /i
/** A description that names failures or counts its cancelled parts reports a run that failed. */
const FAILED_TOO =
  /\b(?:fail(?:ed|ures?|ing|s)?|errors?|errored|timed? ?out|crash(?:ed)?|core dumped|signal|exit code|panic)\b/i
const COUNTS =
  /(?:^|[,;:(])\s*\d+ (?:[\w-]+ ){0,2}(?:was |were )?(?:aborted|cancell?ed|superseded|stopped)\b/i
const COUNTS_AFTER = /\b(?:aborted|cancell?ed|superseded|stopped)\b(?: \w+)?:? \d+/i
const NEGATED = /\b(?:not|never|without being) (?:aborted|cancell?ed|stopped)\b/i

/** Whether the text says that the run itself was stopped, rather than that it failed. */
function saysStopped(text: string): boolean {
  if (FAILED_TOO.test(text) || COUNTS.test(text) || COUNTS_AFTER.test(text) || NEGATED.test(text))
    return false
  return BEGINS_STOPPED.test(text) || PERSON_STOPPED.test(text) || RUN_STOPPED.test(text)
}
