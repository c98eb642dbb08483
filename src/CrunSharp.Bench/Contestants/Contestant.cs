using CrunSharp.Machines;

namespace CrunSharp.Bench;

/// <summary>Something that can start the image's program: the host itself, a runtime, an engine, a machine monitor.</summary>
public abstract class Contestant
{
    public abstract string Name { get; }

    public abstract ContestantGroup Group { get; }

    public virtual string Version => "";

    /// <summary>What isolates the program, and what does not; one line.</summary>
    public abstract string What { get; }

    /// <summary>What has to be said wherever its figures stand: "software emulation".</summary>
    public virtual string? Caveat => null;

    /// <summary>Programs and kernels on disk without which it does not start.</summary>
    public virtual IReadOnlyList<string> Files => [];

    /// <summary>Readies one start; nothing of it is in the clock.</summary>
    public abstract PreparedStart Prepare(BenchProgram program, string instance);

    /// <summary>Whether a further program can be started in an instance that runs.</summary>
    public virtual bool CanExec => false;

    public virtual PreparedStart PrepareExec(BenchProgram program, string instance) =>
        throw new NotSupportedException($"{Name} starts nothing in an instance that runs");

    /// <summary>Directories in which a running instance keeps what is its own.</summary>
    public virtual IReadOnlyList<string> StateDirectories => [];

    /// <summary>What the image occupies in the form that this contestant starts it from.</summary>
    public virtual long ImageBytes() => 0;

    /// <summary>Removes what lies on the host for this contestant alone: an imported image.</summary>
    public virtual void CleanUp()
    {
    }
}

public enum ContestantGroup
{
    Host,
    Ladder,
    Runtime,
    Engine,
    Machine,
}

/// <summary>The program to run in each of them.</summary>
/// <param name="Arguments">As seen from inside.</param>
/// <param name="IsProbe">It is our own: where the image does not have it, the contestant has to bring it along.</param>
public sealed record BenchProgram(IReadOnlyList<string> Arguments, bool IsProbe)
{
    public static BenchProgram Probe(params string[] arguments) => new([GuestProgram.PathInside, "probe", .. arguments], IsProbe: true);
}

/// <summary>One start, all but started.</summary>
/// <param name="After">What tidies up behind it, outside the clock; also when it did not end by itself.</param>
public sealed record PreparedStart(TimedStart Start, Action? After = null) : IDisposable
{
    /// <summary>A file that will hold the engine's own id of the container, for those that have one.</summary>
    public string? IdFile { get; init; }

    public void Dispose() => After?.Invoke();
}
