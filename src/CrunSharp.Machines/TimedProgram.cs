using System.Diagnostics;
using System.Text;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Machines;

/// <summary>What to start, and what in its output counts as the first byte.</summary>
public sealed record TimedStart
{
    public required string Path { get; init; }

    /// <summary>With the program's name in front.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Null: this process's own.</summary>
    public IReadOnlyList<string>? Environment { get; init; }

    /// <summary>Of a machine: its program's output stands between the marks with this token; null where all output is the program's.</summary>
    public string? Token { get; init; }

    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>A program of the host from the moment before it was started: the clock of every figure.</summary>
/// <remarks>
/// In the clock: the clone and exec, all that the program does, and the way of its output through one pipe. Outside:
/// making the pipe and this object. Times are of CLOCK_MONOTONIC, read when the bytes have been read.
/// </remarks>
public sealed class TimedProgram : IDisposable
{
    private const int SIGTERM = 15;
    private const int SIGKILL = 9;
    private const int MostErrors = 4096;

    // How long a cancellation may go unseen.
    private const int LookMilliseconds = 250;

    private readonly TimedStart _start;
    private readonly SafeFileHandle _output;
    private readonly SafeFileHandle _errors;
    private readonly SafeFileHandle _process;
    private readonly ConsoleWatch _watch;
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly long _began;
    private bool _outputEnded;
    private ProcessEnd? _end;

    private TimedProgram(TimedStart start, SafeFileHandle output, SafeFileHandle errors, int pid, long began)
    {
        _start = start;
        _output = output;
        _errors = errors;
        _began = began;
        _watch = new ConsoleWatch(start.Token);
        Pid = pid;
        _process = Processes.TryOpen(pid) ?? throw new LinuxException(3, $"pidfd_open({pid})");
    }

    public int Pid { get; }

    /// <summary>The moment before the start, in microseconds of CLOCK_MONOTONIC.</summary>
    public double BeganMicroseconds => _began / (Stopwatch.Frequency / 1e6);

    public TimeSpan? ToFirstByte => Since(_watch.FirstByte);

    public TimeSpan? ToStartMark => Since(_watch.StartMark);

    public TimeSpan? ToExitMark => Since(_watch.ExitMark);

    public TimeSpan? ToExit { get; private set; }

    /// <summary>Of the program inside: the machine's word where there is one, else that of the process.</summary>
    public int? Status => _start.Token is null ? _end?.Status : _watch.Status;

    /// <summary>What the program wrote to its standard output (a machine has one console for both).</summary>
    public byte[] Output => _watch.Output;

    /// <summary>Everything that came, of a machine its kernel's lines too, with the time of each line's first byte.</summary>
    public IReadOnlyList<(TimeSpan At, string Line)> Lines => [.. _watch.Lines.Select(line => (Since(line.At)!.Value, line.Text))];

    public string Errors
    {
        get
        {
            byte[] bytes = new byte[Math.Min(RandomAccess.GetLength(_errors), MostErrors)];
            return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(_errors, bytes, 0)).Trim();
        }
    }

    public static TimedProgram Start(TimedStart start)
    {
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        SafeFileHandle errors = MemoryFile.CreateUnsealed("crun-sharp-errors");
        using SafeFileHandle nothing = File.OpenHandle("/dev/null");
        IReadOnlyList<string> environment = start.Environment ?? OwnEnvironment();
        long began = Stopwatch.GetTimestamp();
        int pid = Processes.Spawn(start.Path, start.Arguments, environment, Number(nothing), Number(write), Number(errors));
        write.Dispose();
        return new TimedProgram(start, read, errors, pid, began);

        static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();
    }

    /// <summary>Whether it has ended by now.</summary>
    public bool HasEnded
    {
        get
        {
            if (_end is null)
            {
                Step(0);
            }

            return _end is not null;
        }
    }

    /// <summary>Reads until the program inside has written its first byte; false when it ended, or the time did, before.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits for it any more; it goes on until it is ended.</exception>
    public bool WaitForFirstByte(CancellationToken cancellationToken = default) => ReadWhile(() => _watch.FirstByte is null, cancellationToken);

    /// <summary>Reads to the end and takes the status; what is still there when the time is over is ended.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits for it any more; it goes on until it is ended.</exception>
    public void WaitForExit(CancellationToken cancellationToken = default)
    {
        ReadWhile(static () => true, cancellationToken);
        if (_end is null)
        {
            End();
        }
    }

    /// <summary>Asks it to end, then makes it.</summary>
    public void End()
    {
        if (_end is not null)
        {
            return;
        }

        Processes.Signal(_process, SIGTERM);
        long until = Environment.TickCount64 + 3000;
        while (_end is null && Environment.TickCount64 < until)
        {
            Step(100);
        }

        if (_end is null)
        {
            Processes.Signal(_process, SIGKILL);
            TakeEnd();
        }
    }

    public void Dispose()
    {
        End();
        _process.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }

    private bool ReadWhile(Func<bool> goesOn, CancellationToken cancellationToken)
    {
        long until = Environment.TickCount64 + (long)(_start.Limit - Stopwatch.GetElapsedTime(_began)).TotalMilliseconds;
        while (_end is null && goesOn())
        {
            cancellationToken.ThrowIfCancellationRequested();
            long left = until - Environment.TickCount64;
            if (left <= 0)
            {
                return false;
            }

            Step((int)Math.Min(left, LookMilliseconds));
        }

        return !goesOn();
    }

    private void Step(int milliseconds)
    {
        int process = (int)_process.DangerousGetHandle();
        int output = (int)_output.DangerousGetHandle();
        ReadOnlySpan<int> both = _outputEnded ? [process] : [output, process];
        int ready = Descriptors.WaitForOne(both, milliseconds);
        if (ready == 0 && !_outputEnded)
        {
            int got = Descriptors.Read(_output, _buffer);
            long now = Stopwatch.GetTimestamp();
            _outputEnded = got == 0;
            _watch.Feed(_buffer.AsSpan(0, got), now);
        }
        else if (ready >= 0)
        {
            TakeEnd();
        }
    }

    private void TakeEnd()
    {
        _end = Processes.Wait(Pid);
        ToExit = Stopwatch.GetElapsedTime(_began);
    }

    private TimeSpan? Since(long? moment) => moment is { } at ? Stopwatch.GetElapsedTime(_began, at) : null;

    private static List<string> OwnEnvironment()
    {
        List<string> variables = [];
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables.Add($"{variable.Key}={variable.Value}");
        }

        return variables;
    }
}
