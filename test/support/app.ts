/** The whole app over HTTP: the real server, an embedded database, a fake GitHub on loopback, and a clock that the test sets. */
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../fake-github/fake-github.ts'
import { addAccount, addInstallation, addPull, addRepository } from '../../fake-github/seed.ts'
import { addComment } from '../../fake-github/seed-changes.ts'
import type { Repository } from '../../fake-github/state.ts'
import type { Config } from '../../src/config.ts'
import type { OpenDatabase } from '../../src/db/client.ts'
import { AFTER_CLOSING } from '../../src/features/all.ts'
import { closeAllWindows } from '../../src/features/windows/close-windows.ts'
import type { Delivery } from '../../src/intake/prepare.ts'
import { WEBHOOK_PATH } from '../../src/server/http.ts'
import { type RunningApp, type StartOptions, startApp } from '../../src/start.ts'
import { openEmbedded } from './database.ts'
import { REPOSITORY } from './deliveries.ts'
import { at, HEAD, ms, REPOSITORY_ID } from './facts.ts'

export const WEBHOOK_SECRET = 'tests sign with this'
export const { privateKey: PRIVATE_KEY } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
})

export interface TestApp {
  app: RunningApp
  fakeGitHub: FakeGitHub
  /** `acme/widgets` on the fake GitHub, with pull request 7 at HEAD. */
  repository: Repository
  /** The clock of the app and the fake GitHub, epoch ms. */
  clock: { now: number }
  /** Posts bytes to the webhook address, signed unless the headers say otherwise. */
  post(body: string | Buffer, headers?: Record<string, string>): Promise<Response>
  /** Posts deliveries one after the other, as GitHub does, and returns the statuses. */
  send(...deliveries: Delivery[]): Promise<number[]>
  /** Sets the clock to `minutes` after the start, runs the timers once, and finishes all tasks. */
  passTo(minutes: number): Promise<void>
  /** Bodies of the app's own comments on a pull request. */
  answers(number?: number): string[]
  /** The app's own issues, oldest first. */
  issues(): { number: number; title: string; state: string; body: string }[]
}

export interface TestAppOptions extends StartOptions {
  config?: Partial<Config>
  database?: OpenDatabase
}

/** Starts the app. The end of the test stops it, and fails if a call violated GitHub's published description. */
export async function startTestApp({ config, ...options }: TestAppOptions = {}): Promise<TestApp> {
  const clock = { now: ms(60) }
  const now = () => clock.now
  const fakeGitHub = await startFakeGitHub({
    now,
    validate: true,
    app: { id: 1001, slug: 'flake-sla', webhookSecret: WEBHOOK_SECRET },
  })
  const app = await startApp(configFor(fakeGitHub, config), {
    now,
    timers: false,
    throttle: false,
    ...(!config?.database && { database: await openEmbedded() }),
    ...options,
  })
  fakeGitHub.state.app.webhookUrl = `${app.url}${WEBHOOK_PATH}`
  onTestFinished(async () => {
    await app.close()
    await fakeGitHub.close()
    if (fakeGitHub.violations.length > 0) throw new Error(fakeGitHub.violations.join('\n'))
  })
  return { app, fakeGitHub, clock, repository: seed(fakeGitHub), ...handles(app, fakeGitHub, clock) }
}

function configFor(fakeGitHub: FakeGitHub, more: Partial<Config> = {}): Config {
  return {
    app: { id: '1001', privateKey: PRIVATE_KEY, webhookSecret: WEBHOOK_SECRET },
    apiUrl: fakeGitHub.url,
    githubUrl: 'https://github.com',
    database: 'memory',
    host: '127.0.0.1',
    port: 0,
    publicUrl: null,
    pages: { signIn: null, isPublic: true, metricsToken: null, off: [] },
    dryRun: false,
    logLevel: 'silent',
    ...more,
  }
}

function seed({ state }: FakeGitHub): Repository {
  addInstallation(state, 'acme', { id: 77 })
  addAccount(state, 'octocat')
  const repository = addRepository(state, {
    owner: 'acme',
    name: 'widgets',
    permissions: { octocat: 'write' },
  })
  repository.id = REPOSITORY_ID
  addPull(state, repository, { number: 7, title: 'Change 7', user: 'octocat', at: at(0), sha: HEAD })
  return repository
}

function handles(app: RunningApp, fakeGitHub: FakeGitHub, clock: { now: number }) {
  const { repositories } = fakeGitHub.state
  const widgets = () => repositories.get(REPOSITORY.full_name) as Repository
  const post: TestApp['post'] = (body, headers = {}) =>
    fetch(`${app.url}${WEBHOOK_PATH}`, {
      method: 'POST',
      body: body as string,
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': signatureOf(body), ...headers },
    })
  return {
    post,
    async send(...deliveries: Delivery[]) {
      const statuses: number[] = []
      for (const { id, name, payload } of deliveries) {
        addCommentOf(widgets(), payload as CommentPayload)
        const answer = await post(JSON.stringify(payload), {
          'x-github-delivery': id,
          'x-github-event': name,
        })
        statuses.push(answer.status)
      }
      return statuses
    },
    async passTo(minutes: number) {
      clock.now = ms(minutes)
      await app.settle()
      await closeAllWindows(app.deps, AFTER_CLOSING)
      await app.settle()
    },
    answers: (number = 7) =>
      [...widgets().comments.values()]
        .filter((comment) => comment.byApp && comment.issue === number)
        .map((comment) => comment.body),
    issues: () =>
      [...widgets().issues.values()]
        .filter((issue) => issue.byApp)
        .map(({ number, title, state, body }) => ({ number, title, state, body: body ?? '' })),
  }
}

interface CommentPayload {
  comment?: { id: number; body: string; user: { login: string }; created_at: string }
  issue?: { number: number }
}

/** Adds the comment of a webhook to the fake GitHub. */
function addCommentOf(repository: Repository, { comment, issue }: CommentPayload): void {
  if (!comment || !issue) return
  const { id, body, user, created_at: at } = comment
  addComment(repository, { id, issue: issue.number, body, user: user.login, at })
}

/** The value of `X-Hub-Signature-256`. */
export function signatureOf(body: string | Buffer, secret = WEBHOOK_SECRET): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}
