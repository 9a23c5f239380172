/** The app's memory of the city and its member: the API, the wallet as last read, shops and policies by their ids. */
import { signal } from '@preact/signals';
import { answer, apiOf, type Schemas } from '../../shared/api/client.ts';
import { Session } from '../../shared/session/session.ts';
import { cityTime } from '../../shared/time.ts';

export type Wallet = Schemas['WalletBody'];
export type Shop = Schemas['MerchantBody'];
export type PolicyText = Schemas['PolicyDocument'];
export type Earning = Schemas['EarningBody'];
export type Correction = Schemas['CorrectionBody'];

export const session = new Session('resident', ['openid', 'eeum/wallet']);
export const api = apiOf(session);

/** The wallet as last read, and the city's time then. Shown while there is no connection. */
export const wallet = signal<{ body: Wallet; at: Date | null } | null>(null);
/** Whether this visit opened the wallet. */
export const justOpened = signal(false);

/** The member's wallet; opened if this is the first visit. */
export async function readWallet(): Promise<Wallet> {
  const asked = wallet.value
    ? api.GET('/wallets/{wallet_id}', { params: { path: { wallet_id: wallet.value.body.id } } })
    : api.POST('/wallets', { body: {} }).then((given) => {
        justOpened.value = given.response.status === 201;
        return given;
      });
  const body = await answer(asked);
  wallet.value = { body, at: cityTime() };
  return body;
}

export async function walletId(): Promise<string> {
  return wallet.value?.body.id ?? (await readWallet()).id;
}

const shops = new Map<string, Promise<Shop>>();
const policies = new Map<string, Promise<PolicyText>>();

export function shopOf(id: string): Promise<Shop> {
  return kept(shops, id, () => answer(api.GET('/merchants/{merchant_id}', { params: { path: { merchant_id: id } } })));
}

/** A version never changes once it is in force, so that it is read once. */
export function policyOf(version: string): Promise<PolicyText> {
  return kept(policies, version, () => answer(api.GET('/policies/{version}', { params: { path: { version } } })));
}

export function policyInForce(): Promise<PolicyText> {
  return answer(api.GET('/policies/in_force'));
}

export function comingPolicies(): Promise<Schemas['AnnouncedBody'][]> {
  return answer(api.GET('/policies/coming')).then((body) => body.coming);
}

function kept<T>(found: Map<string, Promise<T>>, id: string, read: () => Promise<T>): Promise<T> {
  let asked = found.get(id);
  if (!asked) {
    asked = read();
    found.set(id, asked);
    asked.catch(() => found.delete(id));
  }
  return asked;
}

/** All that a member may spend now, without rewards that are not spendable yet or have expired. */
export function spendable(body: Wallet): number {
  const dated = new Set(body.rewards.filter((each) => each.expired || each.spendable_from).map((each) => each.id));
  return Object.entries(body.purses).reduce((sum, [id, won]) => (dated.has(id) ? sum : sum + won), 0);
}
