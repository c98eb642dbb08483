using System.Globalization;
using System.Net;
using System.Text;

namespace CrunSharp.Bench;

/// <summary>A result as one page that needs nothing beside it.</summary>
internal static class HtmlReport
{
    private const string Style =
        """
        *{box-sizing:border-box}
        :root{--page:#fff;--soft:#f3f5f7;color-scheme:light dark}
        @media screen and (prefers-color-scheme:dark){:root{--page:#14181c;--soft:#1f252b}}
        body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem}
        h1{font-size:1.7rem;line-height:1.2;margin:0 0 .5rem}
        h2{font-size:1.25rem;margin:3rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--grid)}
        p{margin:.5rem 0}
        figure{margin:1rem 0}
        figcaption{font-weight:600;margin-bottom:.25rem}
        svg{display:block;width:100%;height:auto}
        .narrow{display:none}
        code{background:var(--soft);padding:.1em .3em;border-radius:3px;overflow-wrap:anywhere}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
        th,td{padding:.25rem .75rem .25rem 0;text-align:right;border-bottom:1px solid var(--grid);vertical-align:top}
        th:first-child,td:first-child,td.text,th.text{text-align:left}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:1rem 0}
        dt{color:var(--published)}dd{margin:0;overflow-wrap:anywhere}
        .key span{white-space:nowrap;margin-right:1rem}.key i{display:inline-block;width:.8em;height:.8em;margin-right:.35em;border-radius:2px;vertical-align:-.05em}
        .caveat{border-left:4px solid var(--engine);padding:.25rem .75rem;background:var(--soft)}
        summary{cursor:pointer}
        @media (max-width:640px){.wide{display:none}.narrow{display:block}dl{grid-template-columns:1fr}dt{margin-top:.4rem}h1{font-size:1.4rem}}
        @media print{body{font-size:11pt}main{max-width:none;padding:0}h2,figure{break-inside:avoid}h2{break-after:avoid}.wide{display:block}.narrow{display:none}}
        """;

    public static string Write(BenchResult result)
    {
        StringBuilder page = new();
        string title = $"{result.Settings.Image} as a process, as containers, as virtual machines";
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{Text(title)}</title><style>{Palette.Css}{Style}</style></head><body><main>");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Text(title)}</h1>");
        WriteHead(page, result);
        foreach (ReportSection section in ReportSections.Of(result))
        {
            WriteSection(page, section);
        }

        WriteContestants(page, result);
        WritePublished(page);
        return page.Append("</main></body></html>\n").ToString();
    }

    private static void WriteHead(StringBuilder page, BenchResult result)
    {
        HostResult host = result.Host;
        SettingsResult settings = result.Settings;
        page.Append("<p>The same program of the same image, started in every way that this host offers, measured to the same events, in rounds whose order is drawn anew. Bars show medians; the thin line over a bar is the interval that holds the median with 95 % confidence, by the order of the values and no assumption about their distribution.</p>");
        if (result.Contestants.Any(static one => one.Group == ContestantGroup.Machine && one.Caveat is not null))
        {
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"caveat\"><b>No hardware virtualization.</b> {Text(host.Kvm)}. Contestants marked * run {Text(string.Join("; ", result.Contestants.Where(static one => one.Caveat is not null).Select(static one => $"{one.Name}: {one.Caveat}")))}. With KVM they are many times faster: read them as an order of magnitude, and compare them with each other only.</p>");
        }

        page.Append("<dl>");
        Pair("measured", result.When.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));
        Pair("host", $"{host.System}, Linux {host.Kernel}, {host.Cores} cores of {host.Processor}, {host.MemoryMiB} MiB, cgroups {host.Cgroups}, as {host.User}");
        Pair("program", $"{string.Join(' ', settings.Program)} of {settings.Image} ({settings.ImageId}, {Figures.Bytes(settings.ImageBytes)} unpacked)");
        Pair("limits", $"{settings.MemoryMiB} MiB of memory for each container and machine; CPUs: {settings.Cpus ?? "all, for all alike"}; machines have one CPU");
        if (result.Noise is { } noise && Summary.Of(noise.Milliseconds) is { } same)
        {
            Pair("noise of the host", $"the same arithmetic took {Figures.Text(same.Median)} ms in the median, {Figures.Text(same.P99)} at p99 (n = {same.Count}); {noise.StealPercent.ToString("0.0", CultureInfo.InvariantCulture)} % of the time stolen by the hypervisor; load {noise.LoadBefore} before, {noise.LoadAfter} after");
        }

        Pair("repeat it", settings.Command, isCode: true);
        Pair("by", settings.Version);
        page.Append("</dl><p class=\"key\">");
        foreach (ContestantGroup group in Enum.GetValues<ContestantGroup>())
        {
            page.Append(CultureInfo.InvariantCulture, $"<span><i style=\"background:var(--{group.ToString().ToLowerInvariant()})\"></i>{Word(group)}</span>");
        }

        page.Append("<span><i style=\"background:var(--published)\"></i>published by others</span></p>");

        void Pair(string name, string value, bool isCode = false) => page.Append(
            CultureInfo.InvariantCulture, $"<dt>{name}</dt><dd>{(isCode ? $"<code>{Text(value)}</code>" : Text(value))}</dd>");
    }

    private static string Word(ContestantGroup group) => group switch
    {
        ContestantGroup.Host => "host process",
        ContestantGroup.Ladder => "ladder of kernel features",
        ContestantGroup.Runtime => "runtime",
        ContestantGroup.Engine => "engine",
        _ => "virtual machine",
    };

    private static void WriteSection(StringBuilder page, ReportSection section)
    {
        page.Append(CultureInfo.InvariantCulture, $"<section><h2>{Text(section.Title)}</h2><p>{Text(section.Text)}</p>");
        foreach (Plot plot in section.Plots)
        {
            page.Append(CultureInfo.InvariantCulture, $"<figure id=\"{Text(plot.Id)}\"><figcaption>{Text(plot.Title)}</figcaption><div class=\"wide\">{Palette.ForPage(plot.Svg(isNarrow: false))}</div><div class=\"narrow\">{Palette.ForPage(plot.Svg(isNarrow: true))}</div></figure>");
        }

        page.Append(CultureInfo.InvariantCulture, $"<p>Again: <code>{Text(section.Repeat)}</code></p><details><summary>The figures</summary>");
        WriteTable(page, section.Headings, section.Rows);
        page.Append("</details></section>");
    }

    private static void WriteContestants(StringBuilder page, BenchResult result)
    {
        page.Append("<section><h2>Who was measured</h2>");
        WriteTable(page, ["contestant", "version", "what it is"], [.. result.Contestants.Select(static one => (string[])
            [one.Caveat is null ? one.Name : $"{one.Name} *", one.Version, one.What])], isText: true);
        if (result.LeftOut.Count > 0)
        {
            page.Append("<h2>Who was not, and why</h2>");
            WriteTable(page, ["", "why"], [.. result.LeftOut.Select(static one => (string[])[one.Name, one.Why])], isText: true);
        }

        page.Append("</section>");
    }

    private static void WritePublished(StringBuilder page)
    {
        page.Append("<section><h2>Published figures</h2><p>The grey marks. They were measured by others, on other machines and to other events: they say where to expect a figure, not who is faster.</p>");
        WriteTable(page, ["", "figure", "what", "source"], [.. Published.Starts.Select(static one => (string[])[one.Contestant, one.Figure("ms"), one.What, one.Source]), .. Published.Memory.Select(static one => (string[])[one.Contestant, one.Figure("MiB"), one.What, one.Source])], isText: true);
        page.Append("</section>");
    }

    private static void WriteTable(StringBuilder page, string[] headings, IReadOnlyList<string[]> rows, bool isText = false)
    {
        string kind = isText ? " class=\"text\"" : "";
        page.Append("<div class=\"scroll\"><table><thead><tr>");
        page.AppendJoin("", headings.Select(heading => $"<th{kind}>{Text(heading)}</th>"));
        page.Append("</tr></thead><tbody>");
        foreach (string[] row in rows)
        {
            page.Append("<tr>").AppendJoin("", row.Select(cell => $"<td{kind}>{Text(cell)}</td>")).Append("</tr>");
        }

        page.Append("</tbody></table></div>");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
