// A till that was written with the client of @hey-api/openapi-ts: `node pay.js API TOKEN CARD MERCHANT AMOUNT KEY`.
// It pays, pays again under the same key, sends one bad request, and prints what it was answered, as JSON.

// Made by the test, beside this file's copy.
import { authoriseByAcquirer } from "./eeum_client";
import { createClient } from "./eeum_client/client";

declare const process: { argv: string[] };

async function main(api: string, token: string, card: string, merchant: string, amount: string, key: string): Promise<void> {
  const client = createClient({ baseUrl: api, auth: token });
  const order = { card_token: card, merchant_id: merchant, amount: Number(amount) };
  const headers = { "Idempotency-Key": key };
  const paid = await authoriseByAcquirer({ client, headers, body: order });
  const again = await authoriseByAcquirer({ client, headers, body: order });
  const refused = await authoriseByAcquirer({
    client,
    headers: { "Idempotency-Key": `${key}-nothing` },
    body: { ...order, amount: 0 },
  });
  if (!paid.data || !again.data || !refused.error || !("code" in refused.error)) {
    throw new Error(JSON.stringify([paid.error, again.error, refused.data]));
  }
  console.log(
    JSON.stringify({
      id: paid.data.id,
      status: paid.data.status,
      merchant_name: paid.data.merchant_name,
      paid: paid.data.paid,
      time: paid.response?.headers.get("eeum-time"),
      again: again.data.id,
      replayed: again.response?.headers.get("idempotency-replayed"),
      refused: refused.error.code,
      fault: refused.error.errors?.[0]?.code,
    }),
  );
}

const [api, token, card, merchant, amount, key] = process.argv.slice(2) as [string, string, string, string, string, string];
void main(api, token, card, merchant, amount, key);
