using CrunSharp.Bench;

namespace CrunSharp.Cli.Output;

/// <summary>A result as text for a terminal or a file.</summary>
internal static class BenchText
{
    public static void Write(BenchResult result, TextWriter output)
    {
        HostResult host = result.Host;
        output.WriteLine($"host: {host.System}, Linux {host.Kernel}, {host.Cores} x {host.Processor}, {host.MemoryMiB} MiB, cgroups {host.Cgroups}, as {host.User}");
        output.WriteLine(host.Kvm);
        output.WriteLine($"program: {string.Join(' ', result.Settings.Program)} of {result.Settings.Image}; limit {result.Settings.MemoryMiB} MiB; CPUs {result.Settings.Cpus ?? "all"}; order by seed {result.Settings.Seed}");
        if (result.Noise is { } noise && Summary.Of(noise.Milliseconds) is { } same)
        {
            output.WriteLine($"noise: the same arithmetic took {Figures.Text(same.Median)} ms, p99 {Figures.Text(same.P99)}; stolen {noise.StealPercent:0.0} %; load {noise.LoadBefore} before, {noise.LoadAfter} after");
        }

        foreach (IGrouping<string, StartSeries> condition in result.Start.GroupBy(static series => series.Condition))
        {
            WriteStarts($"start, {condition.Key}", condition, result, output);
        }

        foreach (LeftOut left in result.LeftOut)
        {
            output.WriteLine($"left out: {left.Name}: {left.Why}");
        }
    }

    private static void WriteStarts(string title, IEnumerable<StartSeries> all, BenchResult result, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"{title}: ms to the first byte, and to the exit");
        Table table = new("", "n", "p50", "95 % of p50", "p90", "p99", "min", "exit p50", "");
        foreach (StartSeries series in all)
        {
            if (Summary.Of(series.FirstByte) is { } first && Summary.Of(series.Exit) is { } exit)
            {
                string caveat = result.Contestants.FirstOrDefault(contestant => contestant.Name == series.Contestant)?.Caveat ?? "";
                table.Add(
                    series.Contestant, $"{first.Count}", Figures.Text(first.Median), Figures.Interval(first), Figures.Text(first.P90), Figures.Text(first.P99),
                    Figures.Text(first.Minimum), Figures.Text(exit.Median), caveat);
            }
        }

        table.Write(output);
    }
}
