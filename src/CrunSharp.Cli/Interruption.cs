using System.Runtime.InteropServices;

namespace CrunSharp.Cli;

/// <summary>Turns the signals that ask a command to end into a cancellation, so that it can clear up behind itself.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations;
    private int _exitCode = Cli.ExitCode.Interrupted;

    public Interruption() => _registrations =
    [
        On(PosixSignal.SIGINT, 2), On(PosixSignal.SIGTERM, 15), On(PosixSignal.SIGHUP, 1),
    ];

    public CancellationToken Token => _source.Token;

    /// <summary>128 and the signal's number, as shells have it.</summary>
    public int ExitCode => _exitCode;

    public void Dispose()
    {
        _registrations.ForEach(static registration => registration.Dispose());
        _source.Dispose();
    }

    private PosixSignalRegistration On(PosixSignal signal, int number) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        _exitCode = 128 + number;
        _source.Cancel();
    });
}
