using CrunSharp.Machines;
using CrunSharp.Oci;

namespace CrunSharp.Bench;

/// <summary>One start, in milliseconds.</summary>
public readonly record struct Measurement(double FirstByte, double Exit);

/// <summary>Starts a contestant once; tests put another in its place.</summary>
internal interface IStarter
{
    Measurement Start(Contestant contestant, BenchProgram program, string instance);
}

/// <summary>The real thing.</summary>
internal sealed class ProcessStarter(CancellationToken cancellationToken) : IStarter
{
    /// <exception cref="CrunException">It wrote nothing, or did not end with 0.</exception>
    public Measurement Start(Contestant contestant, BenchProgram program, string instance)
    {
        using PreparedStart prepared = contestant.Prepare(program, instance);
        return Run(contestant.Name, prepared.Start, cancellationToken);
    }

    public static Measurement Run(string name, TimedStart start, CancellationToken cancellationToken)
    {
        using TimedProgram timed = TimedProgram.Start(start);
        timed.WaitForExit(cancellationToken);
        if (timed.ToFirstByte is not { } first || timed.Status is not 0 || timed.ToExit is not { } exit)
        {
            string[] words = timed.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            string why = words.Length > 0 ? words[^1]
                : timed.Status is { } status and not 0 ? $"it ended with {status}"
                : timed.ToFirstByte is null ? "the program wrote nothing"
                : $"no end within {start.Limit.TotalSeconds:0} s";
            throw new CrunException($"cannot measure '{name}'", why);
        }

        return new Measurement(first.TotalMilliseconds, exit.TotalMilliseconds);
    }
}
