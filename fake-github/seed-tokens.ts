/** Tokens that people hold. */
import { randomBytes } from 'node:crypto'
import { addAccount } from './seed.ts'
import type { State, Token } from './state.ts'

/** Gives a person a token, as from the web sign-in or made by hand. `expiresAt` is epoch ms, never by default. */
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
