/** User tokens. */
import { randomBytes } from 'node:crypto'
import { addAccount } from './seed.ts'
import type { State, Token } from './state.ts'

/** Creates a user token. `expiresAt` is epoch ms; by default the token does not expire. */
export function addUserToken(state: State, login: string, expiresAt = Number.POSITIVE_INFINITY): Token {
  const token: Token = {
    token: `ghu_${randomBytes(18).toString('hex')}`,
    kind: 'user',
    installationId: null,
    login: addAccount(state, login).login,
    permissions: {},
    repositoryIds: null,
    expiresAt,
  }
  state.tokens.set(token.token, token)
  return token
}
