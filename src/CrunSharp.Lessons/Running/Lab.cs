using CrunSharp.Linux;

namespace CrunSharp.Lessons;

/// <summary>A directory and two shells for one lesson; nothing of it is left once it is disposed.</summary>
internal sealed class Lab : IAsyncDisposable
{
    private const string Prefix = "crun-sharp-learn-";
    private const string LockName = ".lock";

    private readonly Pane?[] _panes = new Pane?[2];
    private readonly IReadOnlyList<string> _cleanUp;
    private readonly FileLock _lock;

    public Lab(IReadOnlyList<string> cleanUp)
    {
        RemoveAbandoned();
        _cleanUp = cleanUp;
        Directory = System.IO.Directory.CreateTempSubdirectory(Prefix).FullName;
        _lock = FileLock.Acquire(Path.Combine(Directory, LockName));
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

    public Task<string> RunAsync(Side side, string command, CancellationToken cancellationToken) =>
        (_panes[(int)side] ??= Pane.Open(this)).RunAsync(command, cancellationToken);

    /// <summary>Ends this side's shell; the next command begins a new one.</summary>
    public async Task CloseAsync(Side side)
    {
        if (_panes[(int)side] is { } pane)
        {
            _panes[(int)side] = null;
            await pane.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync(Side.Inside);
        await CloseAsync(Side.Outside);
        if (_cleanUp.Count > 0)
        {
            await using Pane shell = Pane.Open(this);
            foreach (string command in _cleanUp)
            {
                await shell.RunAsync(command, CancellationToken.None);
            }
        }

        _lock.Dispose();
        Remove(Directory);
    }

    // A lesson that was killed could not do it itself.
    private static void RemoveAbandoned()
    {
        foreach (string directory in System.IO.Directory.EnumerateDirectories(Path.GetTempPath(), $"{Prefix}*"))
        {
            try
            {
                using FileLock? free = FileLock.TryAcquire(Path.Combine(directory, LockName));
                if (free is not null)
                {
                    Remove(directory);
                }
            }
            catch (LinuxException)
            {
                // Another user's.
            }
        }
    }

    private static void Remove(string directory)
    {
        // A lesson may have taken the owner's own permission away.
        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        System.IO.Directory.Delete(directory, recursive: true);
    }
}
