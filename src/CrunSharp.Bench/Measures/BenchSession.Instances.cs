using System.Diagnostics;
using System.Globalization;
using CrunSharp.Machines;
using CrunSharp.Oci;

namespace CrunSharp.Bench;

public sealed partial class BenchSession
{
    private const int SettleMilliseconds = 500;
    private const long LeastFreePart = 6;
    private static readonly TimeSpan s_longestDensity = TimeSpan.FromSeconds(90);

    /// <summary>Of the ladder, its two ends are enough where instances are held.</summary>
    private IEnumerable<Contestant> Holding => _finder.Found.Where(static contestant => contestant.Group != ContestantGroup.Ladder || contestant.Name == "+ seccomp");

    /// <summary>PSS of all processes that a second instance adds to a first: pages that both share count half.</summary>
    public void MeasureMemory(CancellationToken cancellationToken)
    {
        List<MemoryResult> all = [];
        foreach (Contestant contestant in Holding)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Try("memory", contestant, () =>
            {
                using HeldInstance first = HeldInstance.Start(contestant, NewName(), cancellationToken);
                ProcessTable before = ProcessTable.Read();
                using HeldInstance second = HeldInstance.Start(contestant, NewName(), cancellationToken);
                Thread.Sleep(SettleMilliseconds);
                ProcessTable after = ProcessTable.Read();
                MemoryResult memory = new(contestant.Name, [.. after.Of(second.Pid, second.Marks, before)
                    .Select(pid => new ProcessMemory(after.NameOf(pid), ProcessTable.PssOf(pid)))
                    .Where(static process => process.PssKiB > 0)
                    .OrderByDescending(static process => process.PssKiB)]);
                all.Add(memory);
                _observer.Tell($"memory: {contestant.Name}: {Figures.Text(memory.MiB)} MiB");
            });
        }

        Result = Result with { Memory = all };
    }

    /// <summary>Instances one after the other, none ended, until the number asked for, a minute and a half, or little free memory.</summary>
    public void MeasureDensity(CancellationToken cancellationToken)
    {
        List<DensityResult> all = [];
        foreach (Contestant contestant in Holding)
        {
            Try("density", contestant, () =>
            {
                DensityResult density = Fill(contestant, cancellationToken);
                all.Add(density);
                _observer.Tell($"density: {contestant.Name}: {density.ReadySeconds.Count} instances in {Figures.Text(density.ReadySeconds is [.., var last] ? last : 0)} s, {density.EndedBy}");
            });
        }

        Result = Result with { Density = all };
    }

    /// <summary>Programs, the image as it is kept, and what a running instance adds to the directories it lives in.</summary>
    public void MeasureDisk(CancellationToken cancellationToken)
    {
        List<DiskResult> all = [];
        foreach (Contestant contestant in Holding)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Try("disk", contestant, () =>
            {
                long before = DiskUse.Of(contestant.StateDirectories);
                using HeldInstance instance = HeldInstance.Start(contestant, NewName(), cancellationToken);
                long after = DiskUse.Of(contestant.StateDirectories);
                all.Add(new DiskResult(contestant.Name, DiskUse.OfFiles(contestant.Files), contestant.ImageBytes(), Math.Max(0, after - before)));
            });
        }

        Result = Result with { Disk = all };
    }

    /// <summary>A further program in an instance that runs.</summary>
    public void MeasureExec(CancellationToken cancellationToken)
    {
        Dictionary<string, HeldInstance> instances = [];
        try
        {
            foreach (Contestant contestant in _finder.Found.Where(static contestant => contestant.CanExec))
            {
                Try("exec", contestant, () => instances.Add(contestant.Name, HeldInstance.Start(contestant, NewName(), cancellationToken)));
            }

            RoundRunner runner = new(new ExecStarter(instances, cancellationToken), _request.Rounds, _observer, _noise, Thread.Sleep);
            BenchProgram program = BenchProgram.Probe("hello");
            (List<(Contestant, double)> ready, List<LeftOut> failed) = runner.WarmUp([.. _finder.Found.Where(contestant => instances.ContainsKey(contestant.Name))], program);
            _leftOut.AddRange(failed);
            _observer.Tell("exec: a further program in a running instance, back to back");
            Result = Result with { Exec = ToResult(runner.Run(ready, program, Condition.BackToBack, cancellationToken)) };
        }
        finally
        {
            foreach (HeldInstance instance in instances.Values)
            {
                instance.Dispose();
            }
        }
    }

    /// <summary>What isolation costs while a program runs: system calls, and arithmetic that makes none.</summary>
    public void MeasureWork(CancellationToken cancellationToken)
    {
        const int Repetitions = 5;
        Dictionary<string, (List<double> Calls, List<double> Sums)> all = [];
        for (int repetition = 0; repetition < Repetitions; repetition++)
        {
            _observer.Tell($"syscall: repetition {repetition + 1} of {Repetitions}");
            foreach (Contestant contestant in Holding)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (repetition > 0 && !all.ContainsKey(contestant.Name))
                {
                    continue;
                }

                Try("syscall", contestant, () =>
                {
                    double calls = Ask(contestant, "syscalls", "200000", cancellationToken);
                    double sums = Ask(contestant, "compute", "50000000", cancellationToken);
                    if (!all.TryGetValue(contestant.Name, out (List<double> Calls, List<double> Sums) lists))
                    {
                        all.Add(contestant.Name, lists = ([], []));
                    }

                    lists.Calls.Add(calls);
                    lists.Sums.Add(sums);
                });
            }
        }

        Result = Result with { Work = [.. all.Select(static entry => new WorkResult(entry.Key, entry.Value.Calls, entry.Value.Sums))] };
    }

    private static double Ask(Contestant contestant, string verb, string count, CancellationToken cancellationToken)
    {
        using PreparedStart prepared = contestant.Prepare(BenchProgram.Probe(verb, count), NewName());
        using TimedProgram program = TimedProgram.Start(prepared.Start);
        program.WaitForExit(cancellationToken);
        string answer = System.Text.Encoding.UTF8.GetString(program.Output).Trim();
        return double.TryParse(answer, CultureInfo.InvariantCulture, out double nanoseconds)
            ? nanoseconds
            : throw new CrunException($"cannot measure '{contestant.Name}'", program.Errors is { Length: > 0 } errors ? errors.Split('\n')[^1] : $"the probe said '{answer}'");
    }

    private DensityResult Fill(Contestant contestant, CancellationToken cancellationToken)
    {
        List<HeldInstance> instances = [];
        List<double> ready = [];
        List<long> used = [];
        string endedBy = "as many as asked for";
        long total = MemoryField("MemTotal:");
        long freeBefore = MemoryField("MemAvailable:");
        long start = Stopwatch.GetTimestamp();
        try
        {
            while (instances.Count < _request.Instances)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (MemoryField("MemAvailable:") < total / LeastFreePart)
                {
                    endedBy = "little memory was left";
                    break;
                }

                if (Stopwatch.GetElapsedTime(start) > s_longestDensity)
                {
                    endedBy = $"{s_longestDensity.TotalSeconds:0} s were over";
                    break;
                }

                instances.Add(HeldInstance.Start(contestant, NewName(), cancellationToken));
                ready.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                used.Add((freeBefore - MemoryField("MemAvailable:")) / 1024);
            }
        }
        finally
        {
            instances.ForEach(static instance => instance.Dispose());
        }

        return new DensityResult(contestant.Name, ready, used, endedBy);
    }

    private void Try(string measure, Contestant contestant, Action action)
    {
        try
        {
            action();
        }
        catch (CrunException failure)
        {
            _observer.Tell($"{measure}: {contestant.Name} is left out: {failure.Why}");
            _leftOut.Add(new LeftOut(contestant.Name, $"{measure}: {failure.Why}"));
        }
    }

    private static long MemoryField(string name) => long.Parse(
        File.ReadLines("/proc/meminfo").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    private static string NewName() => InstanceName.Next();

    private sealed class ExecStarter(Dictionary<string, HeldInstance> instances, CancellationToken cancellationToken) : IStarter
    {
        public Measurement Start(Contestant contestant, BenchProgram program, string instance)
        {
            HeldInstance held = instances[contestant.Name];
            using PreparedStart prepared = contestant.PrepareExec(program, held.Name);
            return ProcessStarter.Run(contestant.Name, prepared.Start, cancellationToken);
        }
    }
}
