using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrunSharp.Machines;
using CrunSharp.Oci;

namespace CrunSharp.Bench;

public sealed partial class BenchSession
{
    private const string InitLine = "as init process";

    /// <summary>Where the time of one start goes: a machine's by its console, crun-sharp's own by its trace.</summary>
    public void MeasureAnatomy(CancellationToken cancellationToken)
    {
        List<AnatomyResult> all = [];
        foreach (Contestant contestant in _finder.Found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (contestant is MachineContestant machine)
            {
                Try("boot-anatomy", contestant, () => all.Add(Boot(machine, cancellationToken)));
            }
            else if (contestant is SharpContestant sharp)
            {
                Try("boot-anatomy", contestant, () => all.Add(Launch(sharp, cancellationToken)));
            }
        }

        Result = Result with { Anatomy = all };
    }

    private static AnatomyResult Boot(MachineContestant contestant, CancellationToken cancellationToken)
    {
        using PreparedMachine machine = contestant.Monitor.Prepare(contestant.Workshop.Machine, contestant.Request(BenchProgram.Probe("hello"), verbose: true));
        using TimedProgram program = TimedProgram.Start(machine.Start);
        program.WaitForExit(cancellationToken);
        if (program.ToStartMark is not { } init || program.ToFirstByte is not { } first || program.ToExit is not { } exit)
        {
            throw new CrunException($"cannot measure '{contestant.Name}'", "its console did not come to the program");
        }

        // The console begins late and then tells everything at once: the kernel's own clock says when it really began.
        (TimeSpan at, string line) = program.Lines.FirstOrDefault(static entry => entry.Line.Contains(InitLine, StringComparison.Ordinal), program.Lines[0]);
        double handed = at.TotalMilliseconds;
        Match stamp = KernelStamp().Match(line);
        double kernel = stamp.Success ? Math.Max(0, handed - (1000 * double.Parse(stamp.Groups[1].Value, CultureInfo.InvariantCulture))) : program.Lines[0].At.TotalMilliseconds;
        return new AnatomyResult(contestant.Name,
        [
            new("monitor and firmware", 0, kernel),
            new("kernel", kernel, handed),
            new("first process: mounts", handed, init.TotalMilliseconds),
            new("program, to its first byte", init.TotalMilliseconds, first.TotalMilliseconds),
            new("to the end of the machine", first.TotalMilliseconds, exit.TotalMilliseconds),
        ]);
    }

    private AnatomyResult Launch(SharpContestant contestant, CancellationToken cancellationToken)
    {
        string file = $"{_workshop.Directory}/trace-{InstanceName.Next()}.json";
        using PreparedStart prepared = contestant.PrepareTraced(BenchProgram.Probe("hello"), InstanceName.Next(), file);
        using TimedProgram program = TimedProgram.Start(prepared.Start);
        program.WaitForExit(cancellationToken);
        if (program.ToFirstByte is not { } first || program.ToExit is not { } exit || !File.Exists(file))
        {
            throw new CrunException($"cannot measure '{contestant.Name}'", program.Errors.Split('\n')[^1]);
        }

        List<AnatomyStep> steps = [.. ReadTrace(File.ReadAllBytes(file), program.BeganMicroseconds)];
        double spent = steps.Count == 0 ? 0 : steps.Max(static step => step.ToMs);
        return new AnatomyResult(contestant.Name,
        [
            new("the engine itself starts", 0, steps.Count == 0 ? 0 : steps.Min(static step => step.FromMs)),
            .. steps,
            new("program, to its first byte", Math.Min(spent, first.TotalMilliseconds), first.TotalMilliseconds),
            new("to the end of the command", first.TotalMilliseconds, exit.TotalMilliseconds),
        ]);
    }

    // The trace counts the same clock as we do.
    private static IEnumerable<AnatomyStep> ReadTrace(byte[] json, double began)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        foreach (JsonElement span in document.RootElement.GetProperty("traceEvents").EnumerateArray())
        {
            if (span.GetProperty("ph").ValueEquals("X"))
            {
                double from = (span.GetProperty("ts").GetDouble() - began) / 1000;
                yield return new AnatomyStep(span.GetProperty("name").GetString()!, from, from + (span.GetProperty("dur").GetDouble() / 1000));
            }
        }
    }

    [GeneratedRegex(@"^\[\s*([0-9]+\.[0-9]+)\]")]
    private static partial Regex KernelStamp();
}
