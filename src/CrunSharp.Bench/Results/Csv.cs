using System.Globalization;
using System.Text;

namespace CrunSharp.Bench;

/// <summary>Every single start as a line, for other programs.</summary>
public static class Csv
{
    public static string Write(BenchResult result)
    {
        StringBuilder lines = new("measure,contestant,group,caveat,condition,number,first_byte_ms,exit_ms\n");
        Dictionary<string, ContestantResult> known = result.Contestants.ToDictionary(static contestant => contestant.Name);
        foreach ((string measure, IReadOnlyList<StartSeries> all) in (ReadOnlySpan<(string, IReadOnlyList<StartSeries>)>)[("start", result.Start), ("exec", result.Exec)])
        {
            foreach (StartSeries series in all)
            {
                known.TryGetValue(series.Contestant, out ContestantResult? contestant);
                for (int i = 0; i < series.FirstByte.Count; i++)
                {
                    lines.Append(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{measure},{Quote(series.Contestant)},{contestant?.Group},{Quote(contestant?.Caveat ?? "")},{series.Condition},{i + 1},{series.FirstByte[i]:0.000},{series.Exit[i]:0.000}\n"));
                }
            }
        }

        return lines.ToString();
    }

    private static string Quote(string text) =>
        text.AsSpan().ContainsAny(",\"\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
