using System.Globalization;
using System.Net;
using System.Text;
using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>A timeline as one page that needs nothing else: no script, no font, no other file.</summary>
public static class TraceHtml
{
    private const string Head =
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>A container's launch, step by step</title>
        <style>
        :root { color-scheme: light dark; --ink: #1b1f24; --back: #ffffff; --soft: #6b7480; --line: #e2e6ea; --start: #c2702e; --engine: #8a6fd1; --runtime: #2f7fd0; --stage: #2f9e6e; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --back: #14171a; --soft: #98a2ad; --line: #2a3036; } }
        body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 2rem auto; padding: 0 1rem; max-width: 76rem; }
        h1 { font-size: 1.4rem; margin: 0 0 .3rem; } h2 { font-size: 1rem; margin: 1.6rem 0 .4rem; } p { color: var(--soft); margin: 0; }
        table { width: 100%; border-collapse: collapse; table-layout: fixed; } td { overflow-wrap: anywhere; padding: .12rem .5rem .12rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        td.time { white-space: nowrap; text-align: right; font-variant-numeric: tabular-nums; width: 5.5rem; }
        td.bar { width: 42%; } td.bar div { position: relative; height: 1.1rem; }
        td.bar i { position: absolute; top: .2rem; height: .75rem; min-width: 2px; border-radius: 2px; background: var(--track); }
        small { color: var(--soft); }
        @media (max-width: 40rem) { td.bar { width: 24%; } td.begin { display: none; } }
        @media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } td.bar i { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
        </style>

        """;

    public static string Write(LaunchTrace trace)
    {
        StringBuilder page = new(Head);
        if (trace.Spans.Count == 0)
        {
            return page.Append("<p>Nothing was timed.</p>\n</html>\n").ToString();
        }

        long begin = trace.Spans.Min(static span => span.Start);
        long whole = Math.Max(trace.Spans.Max(static span => span.End) - begin, 1);
        page.Append(CultureInfo.InvariantCulture, $"<h1>A container's launch, step by step</h1>\n<p>{TraceGantt.Micro(whole)} µs from the first to the last. Begin and duration in microseconds.</p>\n");
        foreach (IGrouping<TraceTrack, TraceSpan> track in trace.Spans.OrderBy(static span => span.Start).GroupBy(static span => span.Track).OrderBy(static group => group.Key))
        {
            string colour = track.Key.ToString().ToLowerInvariant();
            page.Append(CultureInfo.InvariantCulture, $"<h2>{WebUtility.HtmlEncode(TraceGantt.TitleOf(track.Key))}</h2>\n<table style=\"--track: var(--{colour})\">\n");
            foreach (TraceSpan span in track)
            {
                Append(page, span, begin, whole);
            }

            page.Append("</table>\n");
        }

        return page.Append("</html>\n").ToString();
    }

    private static void Append(StringBuilder page, TraceSpan span, long begin, long whole)
    {
        string left = Percent(span.Start - begin, whole), width = Percent(span.Duration, whole);
        string origin = span.Origin.Length == 0 ? "" : $" <small>{WebUtility.HtmlEncode(span.Origin)}</small>";
        page.Append(
            CultureInfo.InvariantCulture,
            $"""
            <tr><td class="time begin">{TraceGantt.Micro(span.Start - begin)}<td class="time">{TraceGantt.Micro(span.Duration)}<td class="bar"><div><i style="left:{left}%;width:{width}%"></i></div><td>{WebUtility.HtmlEncode(span.Name)}{origin}

            """);
    }

    private static string Percent(long part, long whole) => (100.0 * part / whole).ToString("0.##", CultureInfo.InvariantCulture);
}
