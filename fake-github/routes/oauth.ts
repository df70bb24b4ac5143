/** The web sign-in (OAuth): skips the consent page and exchanges the code for a user token. */
import { randomBytes } from 'node:crypto'
import { type Call, Refusal, type Route, textField } from '../route.ts'
import { addUserToken } from '../seed-tokens.ts'

const TOKEN_SECONDS = 8 * 60 * 60

/** Redirects back with a code at once. `login` in the query selects the user. */
function authorize(call: Call) {
  const { state } = call.github
  if (call.query.get('client_id') !== state.app.clientId) throw new Refusal(404, 'Not Found')
  const login =
    call.query.get('login') ?? [...state.accounts.values()].find((account) => account.type === 'User')?.login
  const redirect = call.query.get('redirect_uri')
  if (!login || !redirect)
    throw new Refusal(400, 'Name a redirect_uri, and have one account that can sign in.')
  const code = randomBytes(10).toString('hex')
  state.codes.set(code, login)
  const back = new URL(redirect)
  back.searchParams.set('code', code)
  const given = call.query.get('state')
  if (given) back.searchParams.set('state', given)
  return { status: 302, headers: { location: back.href } }
}

/** GitHub answers 200 even when it refuses, with an `error` in the body. */
function exchange(call: Call) {
  const { state } = call.github
  const refused = (error: string, description: string) => ({
    status: 200,
    body: { error, error_description: description, error_uri: 'https://docs.github.com/apps' },
  })
  if (
    textField(call, 'client_id') !== state.app.clientId ||
    textField(call, 'client_secret') !== state.app.clientSecret
  ) {
    return refused('incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.')
  }
  const code = textField(call, 'code') ?? ''
  const login = state.codes.get(code)
  if (!login) return refused('bad_verification_code', 'The code passed is incorrect or expired.')
  state.codes.delete(code)
  const token = addUserToken(state, login, Date.now() + TOKEN_SECONDS * 1000)
  return {
    status: 200,
    body: {
      access_token: token.token,
      expires_in: TOKEN_SECONDS,
      refresh_token: `ghr_${randomBytes(18).toString('hex')}`,
      refresh_token_expires_in: 15_811_200,
      scope: '',
      token_type: 'bearer',
    },
  }
}

export const oauthRoutes: Route[] = [
  { method: 'GET', path: '/login/oauth/authorize', who: 'open', undescribed: true, handle: authorize },
  { method: 'POST', path: '/login/oauth/access_token', who: 'open', undescribed: true, handle: exchange },
]
