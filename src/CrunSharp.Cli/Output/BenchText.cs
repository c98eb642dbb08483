using CrunSharp.Bench;

namespace CrunSharp.Cli.Output;

/// <summary>A result as text for a terminal or a file.</summary>
internal static class BenchText
{
    public static void Write(BenchResult result, TextWriter output)
    {
        HostResult host = result.Host;
        SettingsResult settings = result.Settings;
        output.WriteLine($"host: {host.System}, Linux {host.Kernel}, {host.Cores} x {host.Processor}, {host.MemoryMiB} MiB, cgroups {host.Cgroups}, as {host.User}");
        output.WriteLine(host.Kvm);
        output.WriteLine($"program: {string.Join(' ', settings.Program)} of {settings.Image}; limit {settings.MemoryMiB} MiB; CPUs {settings.Cpus ?? "all"}; order by seed {settings.Seed}");
        output.WriteLine("clock: from the moment before the command is cloned to the first byte of the program's output; pulling, importing, tidying up are outside");
        if (result.Noise is { } noise && Summary.Of(noise.Milliseconds) is { } same)
        {
            output.WriteLine($"noise: the same arithmetic took {Figures.Text(same.Median)} ms, p99 {Figures.Text(same.P99)}; stolen {noise.StealPercent:0.0} %; load {noise.LoadBefore} before, {noise.LoadAfter} after");
        }

        foreach (BenchTable figures in BenchTable.Of(result))
        {
            output.WriteLine();
            output.WriteLine(figures.Title);
            Table table = new([.. figures.Headings]);
            foreach (string[] row in figures.Rows)
            {
                table.Add(row);
            }

            table.Write(output);
        }

        output.WriteLine();
        foreach (LeftOut left in result.LeftOut)
        {
            output.WriteLine($"left out: {left.Name}: {left.Why}");
        }
    }
}
