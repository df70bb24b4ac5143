/** Probot's GitHub client, authenticated as the app or an installation, with a fake GitHub as its server. */
import { generateKeyPairSync } from 'node:crypto'
import { Probot, ProbotOctokit } from 'probot'
import type { FakeGitHub } from '../../fake-github/fake-github.ts'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
})

/** Without retries and throttling, so that a test sees each response once. */
const Direct = ProbotOctokit.defaults((options: object) => ({
  ...options,
  retry: { enabled: false },
  throttle: { enabled: false },
}))

/** The client of an installation, or of the app when no id is given. */
export async function clientOf(fakeGitHub: FakeGitHub, installationId?: number): Promise<ProbotOctokit> {
  const probot = new Probot({
    appId: fakeGitHub.state.app.id,
    privateKey,
    secret: fakeGitHub.state.app.webhookSecret,
    baseUrl: fakeGitHub.url,
    logLevel: 'fatal',
    Octokit: Direct,
  })
  return installationId === undefined ? probot.auth() : probot.auth(installationId)
}
