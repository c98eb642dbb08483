namespace CrunSharp.Bench;

/// <summary>A part of the report: what was measured and how, the plots, and the figures behind them.</summary>
/// <param name="Repeat">The command that measures this part again.</param>
internal sealed record ReportSection(string Title, string Text, string Repeat, IReadOnlyList<Plot> Plots, string[] Headings, IReadOnlyList<string[]> Rows);

/// <summary>Makes the sections of a result; what was not measured has none.</summary>
internal static class ReportSections
{
    public static IEnumerable<ReportSection> Of(BenchResult result)
    {
        foreach (IGrouping<string, StartSeries> condition in result.Start.GroupBy(static series => series.Condition))
        {
            yield return Starts(result, condition.Key, [.. condition]);
        }

        if (result.Exec.Count > 0)
        {
            yield return new ReportSection(
                "A further program in a running instance",
                "From the start of the command to the first byte of the program's output. The instance is up before the clock starts. Machines are missing: nothing was installed in them that could start a program for somebody outside.",
                Command(result, "exec"),
                [StartPlots.Bars("exec", "exec: time to the first byte", "ms", result.Exec, result, [])],
                s_startHeadings,
                StartRows(result, result.Exec));
        }

        if (result.Memory.Count > 0)
        {
            yield return Memory(result);
        }

        if (result.Density.Count > 0)
        {
            yield return new ReportSection(
                "Density",
                "Instances are started one after the other, each as soon as the one before answers, and none is ended: the slope is the rate. A line ends where the number asked for was reached, or as the table says.",
                Command(result, "density"),
                [OtherPlots.Density(result)],
                ["contestant", "instances", "seconds", "a second", "MiB each", "ended by"],
                [.. result.Density.Where(static density => density.ReadySeconds.Count > 0).Select(density => (string[])
                [
                    Caveats.InWords(result, density.Contestant), $"{density.ReadySeconds.Count}", Figures.Text(density.ReadySeconds[^1]), Figures.Text(density.ReadySeconds.Count / density.ReadySeconds[^1]),
                    Figures.Text(Math.Max(0, density.UsedMiB[^1]) / (double)density.UsedMiB.Count), density.EndedBy,
                ])]);
        }

        if (result.Disk.Count > 0)
        {
            yield return new ReportSection(
                "Disk",
                "Programs and kernels without which the contestant does not start (shared libraries not counted), the image in the form it is started from, and what one running instance adds.",
                Command(result, "disk"),
                [OtherPlots.Bars("disk", "Disk: programs and image", "MiB", [.. result.Disk.Select(static disk => (disk.Contestant, (disk.ProgramBytes + disk.ImageBytes) / 1048576.0))], result)],
                ["contestant", "programs, kernel", "image", "one instance"],
                [.. result.Disk.Select(disk => (string[])[Caveats.InWords(result, disk.Contestant), Figures.Bytes(disk.ProgramBytes), Figures.Bytes(disk.ImageBytes), Figures.Bytes(disk.InstanceBytes)])]);
        }

        if (result.Work.Count > 0)
        {
            yield return Work(result);
        }

        foreach (AnatomyResult anatomy in result.Anatomy)
        {
            yield return Anatomy(result, anatomy);
        }
    }

    private static readonly string[] s_startHeadings = ["contestant", "n", "p50", "95 % of p50", "p90", "p99", "min", "exit p50"];

    private static ReportSection Starts(BenchResult result, string condition, IReadOnlyList<StartSeries> all)
    {
        string what = condition switch
        {
            "spaced" => Condition.Spaced.What,
            "cold" => Condition.Cold.What,
            _ => Condition.BackToBack.What,
        };
        string id = condition.Replace(' ', '-');
        return new ReportSection(
            $"Start, {condition}",
            $"{char.ToUpperInvariant(what[0])}{what[1..]}. From the moment before the command is cloned to the first byte that the program writes, read through one pipe (a machine's through its console). " +
            "In the clock: the command itself, daemons and monitors it talks to, kernel and first process of a machine. Outside: pulling, unpacking, importing the image; writing bundles and archives; tidying up. " +
            "The ladder adds one kernel feature a row, by a small C program: its last row is what a container is without a runtime." + Unstable(all),
            $"{Command(result, "start")} --condition {id}",
            [
                StartPlots.Bars($"start-{id}", $"Time to the first byte, {condition}", "ms", all, result, Published.Starts),
                StartPlots.Distributions($"distribution-{id}", $"Distribution of the starts, {condition}", all, result),
            ],
            s_startHeadings,
            StartRows(result, all));
    }

    // The number of rounds is a promise about the fast ones' medians; where it was not kept, that is said.
    private static string Unstable(IReadOnlyList<StartSeries> all)
    {
        RoundPlan plan = new();
        string[] names = [.. all.Where(series => Summary.Of(series.Exit) is { } exit && exit.Median <= plan.SlowFrom && !(Summary.Of(series.FirstByte)!.Uncertainty <= plan.Stable)).Select(static series => series.Contestant)];
        return names.Length == 0 ? "" : $" The rounds ended before the intervals of these were within {100 * plan.Stable:0} % of their medians: {string.Join(", ", names)}.";
    }

    private static List<string[]> StartRows(BenchResult result, IEnumerable<StartSeries> all)
    {
        List<string[]> rows = [];
        foreach (StartSeries series in all)
        {
            if (Summary.Of(series.FirstByte) is { } first && Summary.Of(series.Exit) is { } exit)
            {
                rows.Add([Caveats.InWords(result, series.Contestant), $"{first.Count}", Figures.Text(first.Median), Figures.Interval(first), Figures.Text(first.P90), Figures.Text(first.P99), Figures.Text(first.Minimum), Figures.Text(exit.Median)]);
            }
        }

        return rows;
    }

    private static ReportSection Memory(BenchResult result) => new(
        "Memory of one more instance",
        "PSS of all processes that a second instance adds while a first one runs: its monitor, shim, machine and program. Pages that both share count half. Daemons that are there anyway are not counted; a machine's guest is, as far as it has touched its memory.",
        Command(result, "memory"),
        [OtherPlots.Bars("memory", "Memory of one more instance", "MiB", [.. result.Memory.Select(static memory => (memory.Contestant, memory.MiB))], result, Published.Memory)],
        ["contestant", "MiB", "of which"],
        [.. result.Memory.Select(memory => (string[])
        [
            Caveats.InWords(result, memory.Contestant), Figures.Text(memory.MiB),
            string.Join(", ", memory.Processes.GroupBy(static process => process.Program).Select(static group => $"{group.Key} {Figures.Text(group.Sum(static process => process.PssKiB) / 1024.0)}")),
        ])]);

    private static ReportSection Work(BenchResult result)
    {
        List<(string Name, double Calls, double Sums)> rows = [.. result.Work.Select(static work =>
            (work.Contestant, Summary.Of(work.SyscallNanoseconds)!.Median, Summary.Of(work.ComputeNanoseconds)!.Median))];
        return new ReportSection(
            "While it runs",
            "The same static program measures itself in each: 200,000 system calls, half of which only enter the kernel (getppid) while half reach its file layer (write of nothing to /dev/null), and 50 million rounds of arithmetic that make none. A container's calls go straight to the host's kernel, past its filter; a machine's stay with its own.",
            Command(result, "syscall"),
            [
                OtherPlots.Bars("syscalls", "One system call", "ns", [.. rows.Select(static row => (row.Name, row.Calls))], result),
                OtherPlots.Bars("arithmetic", "One round of arithmetic", "ns", [.. rows.Select(static row => (row.Name, row.Sums))], result),
            ],
            ["contestant", "ns a system call", "ns a round of arithmetic"],
            [.. rows.Select(row => (string[])[Caveats.InWords(result, row.Name), Figures.Text(row.Calls), Figures.Text(row.Sums)])]);
    }

    private static ReportSection Anatomy(BenchResult result, AnatomyResult anatomy)
    {
        bool isMachine = result.Contestants.FirstOrDefault(one => one.Name == anatomy.Contestant)?.Group == ContestantGroup.Machine;
        return new ReportSection(
            $"Anatomy of one start: {Caveats.InWords(result, anatomy.Contestant)}",
            isMachine
                ? "One boot with the kernel's lines on, which makes it slower than the starts above. The kernel's own clock says when it began, the line in which it hands over to our first process when it was done, and that process's mark when the mounts were."
                : "One launch with the engine's own trace (`run --trace`): engine, runtime and, in the child, each step by its time. Steps of the child run beside those of the engine.",
            Command(result, "boot-anatomy"),
            [OtherPlots.Timeline($"anatomy-{anatomy.Contestant}", $"{anatomy.Contestant}: where the time goes", anatomy, result)],
            ["step", "from ms", "took ms"],
            [.. anatomy.Steps.OrderBy(static step => step.FromMs).Select(static step => (string[])[step.Name, Figures.Text(step.FromMs), Figures.Text(step.ToMs - step.FromMs)])]);
    }

    private static string Command(BenchResult result, string part) => $"crun-sharp bench {part} {result.Settings.Image}";
}
