using CrunSharp.Machines;
using CrunSharp.Oci;

namespace CrunSharp.Bench;

/// <summary>An instance whose program waits; ended when disposed.</summary>
internal sealed class HeldInstance : IDisposable
{
    private readonly PreparedStart _prepared;
    private readonly TimedProgram _program;

    private HeldInstance(string name, PreparedStart prepared, TimedProgram program) => (Name, _prepared, _program) = (name, prepared, program);

    public string Name { get; }

    /// <summary>Of the process that was started: the engine's client, the monitor, the machine.</summary>
    public int Pid => _program.Pid;

    /// <summary>What names the instance in the command lines of those who look after it.</summary>
    public IEnumerable<string> Marks => _prepared.IdFile is { } file && File.Exists(file) ? [Name, File.ReadAllText(file).Trim()] : [Name];

    /// <exception cref="CrunException">Its program did not say that it waits.</exception>
    public static HeldInstance Start(Contestant contestant, string name, CancellationToken cancellationToken)
    {
        PreparedStart prepared = contestant.Prepare(BenchProgram.Probe("wait"), name);
        TimedProgram program = TimedProgram.Start(prepared.Start);
        HeldInstance held = new(name, prepared, program);
        try
        {
            if (program.WaitForFirstByte(cancellationToken))
            {
                return held;
            }
        }
        catch (OperationCanceledException)
        {
            held.Dispose();
            throw;
        }

        string why = program.Errors.Split('\n')[^1];
        held.Dispose();
        throw new CrunException($"cannot hold an instance of '{contestant.Name}'", why.Length > 0 ? why : "its program wrote nothing");
    }

    public void Dispose()
    {
        // The engine's own removal first: a client that is killed before may leave its container running.
        _prepared.Dispose();
        _program.Dispose();
    }
}
