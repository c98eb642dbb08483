using CrunSharp.Linux;

namespace CrunSharp.Lessons;

/// <summary>A directory and two shells for one lesson; nothing of it is left once it is disposed, or its process is gone.</summary>
internal sealed class Lab : IAsyncDisposable
{
    private const string Prefix = "crun-sharp-learn-";
    private const string LockName = ".lock";

    private readonly Pane?[] _panes = new Pane?[2];
    private readonly Caretaker _caretaker;
    private readonly FileLock _lock;

    public Lab(IReadOnlyList<string> cleanUp)
    {
        RemoveAbandoned();
        Directory = System.IO.Directory.CreateTempSubdirectory(Prefix).FullName;
        _lock = FileLock.Acquire(Path.Combine(Directory, LockName));
        _caretaker = Caretaker.Begin(this, cleanUp);
    }

    /// <summary>Where both shells begin.</summary>
    public string Directory { get; }

    public void SetEnvironment(IDictionary<string, string?> environment)
    {
        environment["LC_ALL"] = "C";
        environment["TERM"] = "dumb";
        environment["LAB"] = Directory;
        environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        environment.Remove("BASH_ENV");
        environment.Remove("ENV");
    }

    /// <summary>A command of the lesson.</summary>
    public async Task<string> RunAsync(Side side, string command, CancellationToken cancellationToken) =>
        await (await OpenAsync(side)).RunAsync(command, cancellationToken);

    /// <summary>A command of the learner's, which may say too much, or never end.</summary>
    public async Task<string> TryAsync(Side side, string command, CancellationToken enough, CancellationToken cancellationToken) =>
        await (await OpenAsync(side)).TryAsync(command, enough, cancellationToken);

    /// <summary>Ends this side's shell; the next command begins a new one.</summary>
    public async Task CloseAsync(Side side)
    {
        if (_panes[(int)side] is { } pane)
        {
            _panes[(int)side] = null;
            await pane.DisposeAsync();
            await _caretaker.EndedAsync(pane.Session);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync(Side.Inside);
        await CloseAsync(Side.Outside);
        await _caretaker.DisposeAsync();
        _lock.Dispose();
    }

    private async Task<Pane> OpenAsync(Side side)
    {
        if (_panes[(int)side] is { } open)
        {
            return open;
        }

        Pane pane = Pane.Open(this);
        _panes[(int)side] = pane;
        await _caretaker.BegunAsync(pane.Session);
        return pane;
    }

    // A lesson that was killed together with its caretaker, by a power failure for one.
    private static void RemoveAbandoned()
    {
        foreach (string directory in System.IO.Directory.EnumerateDirectories(Path.GetTempPath(), $"{Prefix}*"))
        {
            try
            {
                using FileLock? free = FileLock.TryAcquire(Path.Combine(directory, LockName));
                if (free is not null)
                {
                    // A lesson may have taken the owner's own permission away.
                    File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                    System.IO.Directory.Delete(directory, recursive: true);
                }
            }
            catch (Exception notOurs) when (notOurs is LinuxException or IOException or UnauthorizedAccessException)
            {
                // Another user's, or its caretaker is just removing it.
            }
        }
    }
}
