/** What a `workflow_run` webhook tells. */
import { expect, test } from 'vitest'
import { workflowRun } from '../../../src/intake/events/workflow-run.ts'
import { type WorkflowRunOptions, workflowRunDelivery } from '../../support/deliveries.ts'
import { at } from '../../support/facts.ts'

const read = (options: WorkflowRunOptions = {}) => workflowRun(workflowRunDelivery(options).payload)

test('an attempt has its workflow, event, suite and who asked for it', () => {
  const options = { attempt: 2, actor: 'dependabot[bot]', actorType: 'Bot', minute: 5 }
  expect(read(options).workflow_run).toEqual([
    {
      repository_id: 1001,
      head_sha: 'a'.repeat(40),
      run_id: 500,
      attempt: 2,
      action: 'completed',
      suite_id: 500,
      path: '.github/workflows/ci.yml',
      event: 'pull_request',
      conclusion: 'success',
      actor: 'dependabot[bot]',
      actor_is_bot: true,
      started_at: at(5),
    },
  ])
})

test('an attempt in progress leaves no facts: it was requested before', () => {
  expect(read({ action: 'in_progress' })).toEqual({})
  expect(read({ action: 'requested', conclusion: null }).workflow_run).toHaveLength(1)
})

test.each([
  ['head_sha', 'short'],
  ['run_attempt', 0],
  ['run_attempt', 3_000_000_000],
  ['created_at', null],
  ['id', '12'],
])('with %s being %j is refused', (part, value) => {
  const { payload } = workflowRunDelivery()
  const workflow_run = { ...(payload.workflow_run as object), [part]: value }
  expect(() => workflowRun({ ...payload, workflow_run })).toThrow(new RegExp(part))
})

test('an attempt of a deleted account belongs to the ghost', () => {
  const { payload } = workflowRunDelivery()
  const workflow_run = { ...(payload.workflow_run as object), triggering_actor: null }
  expect(workflowRun({ ...payload, workflow_run }).workflow_run?.[0]?.actor).toBe('ghost')
})
