using System.Text;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Images.Store;

/// <summary>A lock on one thing of the store: the file or directory itself, so that it goes with it and with the process.</summary>
internal sealed class ObjectLock : IDisposable
{
    private readonly SafeFileHandle _handle;

    private ObjectLock(SafeFileHandle handle) => _handle = handle;

    /// <summary>Locks what is at <paramref name="path"/>, or says null: there is nothing, or somebody has it locked.</summary>
    public static ObjectLock? TryTake(string path, bool exclusive, out bool isTaken)
    {
        isTaken = false;
        byte[] name = Encoding.UTF8.GetBytes(path);
        while (true)
        {
            SafeFileHandle? handle = FileSystem.TryOpenAt(FileSystem.WorkingDirectory, name, OpenAs.NoFollow | OpenAs.NonBlocking);
            if (handle is null)
            {
                return null;
            }

            if (!FileSystem.TryLock(handle, exclusive))
            {
                handle.Dispose();
                isTaken = true;
                return null;
            }

            // Who had the lock before may have removed or replaced it: then the lock is on something that nobody finds.
            if (FileSystem.TryGetStatus(FileSystem.WorkingDirectory, name, out FileStatus now) && now.IsSameAs(FileSystem.GetStatus(handle)))
            {
                return new ObjectLock(handle);
            }

            handle.Dispose();
        }
    }

    /// <summary>Keeps it from being removed; null where there is no such thing. Waits for one who is removing it.</summary>
    public static ObjectLock? Pin(string path)
    {
        while (true)
        {
            ObjectLock? taken = TryTake(path, exclusive: false, out bool isTaken);
            if (taken is not null || !isTaken)
            {
                return taken;
            }

            // Exclusive locks here are held for as long as a rename takes.
            Thread.Sleep(1);
        }
    }

    public void Dispose() => _handle.Dispose();
}

/// <summary>The locks that one pull holds until its image says the same by its record.</summary>
internal sealed class Pins : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ObjectLock> _held = [];

    /// <summary>False where there is no such thing.</summary>
    public bool TryHold(string path)
    {
        if (ObjectLock.Pin(path) is not { } pin)
        {
            return false;
        }

        lock (_lock)
        {
            _held.Add(pin);
        }

        return true;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _held.ForEach(static pin => pin.Dispose());
            _held.Clear();
        }
    }
}
