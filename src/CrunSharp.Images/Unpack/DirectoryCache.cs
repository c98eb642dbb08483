using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Images.Unpack;

/// <summary>Descriptors of the directories that were used last, by path; archives come back to the same few.</summary>
internal sealed class DirectoryCache : IDisposable
{
    // Several layers at once each have one; 1024 descriptors are a usual limit for a process.
    private const int Slots = 48;

    private readonly Slot[] _slots = new Slot[Slots];
    private long _clock;
    private int _last;
    private bool _isExpired;

    /// <summary>Null where it is not here. The cache keeps owning it; it is good until the next call.</summary>
    public SafeFileHandle? Find(ReadOnlySpan<byte> path)
    {
        if (_isExpired)
        {
            Clear();
        }

        if (Matches(_last, path))
        {
            return Use(_last);
        }

        for (int index = 0; index < Slots; index++)
        {
            if (Matches(index, path))
            {
                return Use(index);
            }
        }

        return null;
    }

    public SafeFileHandle Add(ReadOnlySpan<byte> path, SafeFileHandle directory)
    {
        int oldest = 0;
        for (int index = 0; index < Slots; index++)
        {
            if (_slots[index].LastUse < _slots[oldest].LastUse)
            {
                oldest = index;
            }
        }

        _slots[oldest].Directory?.Dispose();
        _slots[oldest].Path = path.ToArray();
        _slots[oldest].Directory = directory;
        return Use(oldest)!;
    }

    /// <summary>Forgets all at the next lookup: a name that led to one of them may lead elsewhere now.</summary>
    public void Expire() => _isExpired = true;

    public void Dispose() => Clear();

    private void Clear()
    {
        _isExpired = false;
        foreach (ref Slot slot in _slots.AsSpan())
        {
            slot.Directory?.Dispose();
            slot = default;
        }
    }

    private bool Matches(int index, ReadOnlySpan<byte> path) =>
        _slots[index].Path is { } known && path.SequenceEqual(known);

    private SafeFileHandle? Use(int index)
    {
        _last = index;
        _slots[index].LastUse = ++_clock;
        return _slots[index].Directory;
    }

    private struct Slot
    {
        public byte[]? Path;
        public SafeFileHandle? Directory;
        public long LastUse;
    }
}
