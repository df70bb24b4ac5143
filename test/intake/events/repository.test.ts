/** What happens to repositories, queues and installations. */
import { describe, expect, test } from 'vitest'
import { translate } from '../../../src/intake/events/translate.ts'
import { aDelivery, mergeGroupDelivery, REPOSITORY } from '../../support/deliveries.ts'
import { at, BASE, HEAD } from '../../support/facts.ts'

function read(name: string, payload: object) {
  const told = translate(payload, { guid: 'guid-1', event: name, at: at(3) })
  return told.outcome === 'facts' ? told.facts : told
}

describe('merge_group', () => {
  test('has the commit of the queue and its pull request', () => {
    const { name, payload } = mergeGroupDelivery()
    expect(read(name, payload)).toEqual({
      merge_group: [
        {
          repository_id: 1001,
          head_sha: HEAD,
          action: 'checks_requested',
          base_ref: 'main',
          base_sha: BASE,
          number: 7,
          reported_at: at(0),
        },
      ],
    })
  })
})

describe('installation', () => {
  const one = { id: 1, full_name: 'acme/one', private: true }
  const two = { id: 2, full_name: 'acme/two', private: false }
  const payload = (more: object) => ({
    installation: { id: 77, created_at: 1_770_000_000, updated_at: 1_770_000_000 },
    ...more,
  })
  const told = (name: string, more: object) => {
    const facts = read(name, payload(more))
    if (!('repository' in facts)) throw new Error(JSON.stringify(facts))
    return facts.repository?.map(({ full_name, membership, installation_id }) => [
      full_name,
      membership,
      installation_id,
    ])
  }

  test('created lists the repositories in which the app is installed', () => {
    expect(told('installation', { action: 'created', repositories: [one, two] })).toEqual([
      ['acme/one', 'added', 77],
      ['acme/two', 'added', 77],
    ])
  })

  test('deleted removes all of its repositories', () => {
    expect(told('installation', { action: 'deleted', repositories: [one] })).toEqual([
      ['acme/one', 'removed', 77],
    ])
  })

  test('of other repositories lists those added and those removed', () => {
    const more = { action: 'added', repositories_added: [one], repositories_removed: [two] }
    expect(told('installation_repositories', more)).toEqual([
      ['acme/one', 'added', 77],
      ['acme/two', 'removed', 77],
    ])
  })

  test('suspended and unsuspended is recorded without a list of repositories', () => {
    const suspended = (action: string) => {
      const facts = read('installation', payload({ action }))
      return 'installation' in facts ? facts.installation : facts
    }
    const fact = { installation_id: 77, reported_at: at(3), changed_at: at(3) }
    expect(suspended('suspend')).toEqual([{ ...fact, suspended_at: at(3) }])
    expect(suspended('unsuspend')).toEqual([{ ...fact, suspended_at: null }])
  })
})

describe.each(['repository', 'branch_protection_rule', 'repository_ruleset'])('%s', (name) => {
  test('is recorded with what changed', () => {
    const { payload } = aDelivery(name, {
      action: 'edited',
      changes: { default_branch: { from: 'master' } },
      repository: { ...REPOSITORY, full_name: 'acme/renamed' },
    })
    expect(read(name, payload)).toMatchObject({
      repository: [{ full_name: 'acme/renamed', reported_at: at(3) }],
      repository_event: [
        { event: name, action: 'edited', detail: { changes: { default_branch: { from: 'master' } } } },
      ],
    })
  })

  test('without a repository is rejected with a reason', () => {
    const { payload } = aDelivery(name, { action: 'edited', repository: undefined })
    expect(read(name, payload)).toMatchObject({
      outcome: 'rejected',
      reason: expect.stringMatching(/^repository: /),
    })
  })
})
