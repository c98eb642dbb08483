using CrunSharp.Machines;
using CrunSharp.Oci;

namespace CrunSharp.Bench;

/// <summary>A result as files in one directory.</summary>
public static class BenchFiles
{
    private const string Width = "1720";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <returns>The names of what was written.</returns>
    public static IReadOnlyList<string> Write(BenchResult result, string directory, Action<string> warn)
    {
        Directory.CreateDirectory($"{directory}/plots");
        File.WriteAllBytes($"{directory}/result.json", result.ToJson());
        File.WriteAllText($"{directory}/starts.csv", Csv.Write(result));
        File.WriteAllText($"{directory}/report.html", HtmlReport.Write(result));
        List<string> plots = [];
        foreach (Plot plot in ReportSections.Of(result).SelectMany(static section => section.Plots))
        {
            string svg = plot.Svg(isNarrow: false, isAlone: true);
            File.WriteAllText($"{directory}/plots/{plot.Id}.svg", Palette.ForFile(svg, isDark: false));
            File.WriteAllText($"{directory}/plots/{plot.Id}-dark.svg", Palette.ForFile(svg, isDark: true));
            plots.AddRange([$"{plot.Id}", $"{plot.Id}-dark"]);
        }

        return [.. (IEnumerable<string>)["report.html", "result.json", "starts.csv", "plots/*.svg"], .. WritePictures(directory, plots, warn)];
    }

    private static IReadOnlyList<string> WritePictures(string directory, List<string> plots, Action<string> warn)
    {
        if (HostTool.Find("rsvg-convert") is not { } converter)
        {
            warn("no PNG of the plots: rsvg-convert is not installed (Debian: librsvg2-bin)");
            return [];
        }

        try
        {
            foreach (string plot in plots)
            {
                HostTool.Run(converter, s_limit, "--width", Width, "--output", $"{directory}/plots/{plot}.png", $"{directory}/plots/{plot}.svg");
            }
        }
        catch (CrunException failure)
        {
            warn($"no PNG of the plots: {failure.Message}");
            return [];
        }

        return plots.Count == 0 ? [] : ["plots/*.png"];
    }
}
