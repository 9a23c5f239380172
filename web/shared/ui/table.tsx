/** A table with a caption and scoped headers. On a narrow screen it scrolls in its own box, which the keyboard reaches. */
import type { ComponentChildren } from 'preact';

export type Column<R> = {
  title: string;
  cell: (row: R) => ComponentChildren;
  /** Amounts are set flush right. */
  amount?: boolean;
};

export function Table<R>(props: { caption: string; hideCaption?: boolean; columns: Column<R>[]; rows: R[]; foot?: ComponentChildren[] }) {
  const [first, ...others] = props.columns;
  return (
    <div class="table-box" role="group" aria-label={props.caption} tabIndex={0}>
      <table>
        <caption class={props.hideCaption ? 'visually-hidden' : undefined}>{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th key={column.title} scope="col" class={column.amount ? 'amount' : undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, number) => (
            <tr key={number}>
              <th scope="row">{first?.cell(row)}</th>
              {others.map((column) => (
                <td key={column.title} class={column.amount ? 'amount' : undefined}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {props.foot && (
          <tfoot>
            <tr>
              {props.foot.map((cell, number) =>
                number === 0 ? (
                  <th key={number} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={number} class={props.columns[number]?.amount ? 'amount' : undefined}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

/** Names and values. */
export function Facts(props: { rows: ([string, ComponentChildren] | null | false)[] }) {
  return (
    <dl class="facts">
      {props.rows.map(
        (row) =>
          row && (
            <div key={row[0]}>
              <dt>{row[0]}</dt>
              <dd>{row[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
