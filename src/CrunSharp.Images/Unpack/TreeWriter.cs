using CrunSharp.Images.Tar;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Images.Unpack;

/// <summary>Makes the members of an archive beneath a root, each in a directory that was looked up inside that root.</summary>
/// <remarks>
/// Links in a member's path are followed as in a chroot; the last name is never followed. What is in the way of a
/// member is removed first, as tar does, so that nothing is ever written through it.
/// </remarks>
internal sealed partial class TreeWriter : IDisposable
{
    private const uint DirectoryMode = 0x1ED; // 0755
    private const uint OwnerBits = 0x1C0; // 0700

    private readonly SafeFileHandle _root;
    private readonly UnpackOptions _options;
    private readonly UnpackIdentity _identity;
    private readonly UnpackNotes _notes;
    private readonly DirectoryCache _directories = new();
    private readonly EntryPath _path = new();
    private readonly EntryPath _target = new();
    private readonly DirectoryMaker _makeImplied;


    public TreeWriter(string directory, UnpackOptions options, UnpackNotes notes)
    {
        _root = FileSystem.OpenPath(directory, OpenAs.Directory);
        _options = options;
        _identity = options.Identity ?? UnpackIdentity.Current;
        _notes = notes;
        _makeImplied = MakeImplied;
    }

    /// <summary>Bytes of contents written, holes not counted.</summary>
    public long Written { get; private set; }

    /// <summary>What the archive says of the root itself, if it does.</summary>
    public RootAttributes? Root { get; private set; }

    public void Dispose()
    {
        _directories.Dispose();
        _root.Dispose();
    }

    /// <summary>Makes one member; its data come from <paramref name="reader"/>.</summary>
    public void Write(TarReader reader)
    {
        TarEntry entry = reader.Entry;
        _path.Set(entry.Path);
        if (_path.IsRoot)
        {
            WriteRoot(entry);
            return;
        }

        SafeFileHandle parent = Parent(_path.Parent);
        ReadOnlySpan<byte> name = _path.Name;
        if (_options.Whiteouts && name.StartsWith(".wh."u8))
        {
            Hide(parent, name[4..]);
            return;
        }

        switch (entry.Kind)
        {
            case TarKind.Regular:
                WriteFile(parent, name, reader);
                break;
            case TarKind.Directory:
                WriteDirectory(parent, name, entry);
                break;
            case TarKind.SymbolicLink:
                WriteSymbolicLink(parent, name, entry);
                break;
            case TarKind.HardLink:
                WriteHardLink(parent, name, entry);
                break;
            default:
                WriteNode(parent, name, entry);
                break;
        }
    }

    /// <summary>A directory of the archive, made with all above it where they are missing.</summary>
    private SafeFileHandle Parent(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
        {
            return _root;
        }

        if (_directories.Find(path) is { } known)
        {
            return known;
        }

        SafeFileHandle? opened = FileSystem.TryOpenInRoot(_root, path, OpenAs.Directory | OpenAs.Path, 0, out int errno);
        if (opened is null)
        {
            if (errno != LibC.ENOENT && errno != LibC.ENOTDIR)
            {
                throw new LinuxException(errno, $"openat2({FileSystem.Describe(_root)}, \"{FileSystem.Show(path)}\")");
            }

            opened = FileSystem.EnsureDirectoryInRoot(_root, path, OpenAs.Path, _makeImplied);
        }

        return _directories.Add(path, opened);
    }

    private void WriteRoot(TarEntry entry)
    {
        if (entry.Kind != TarKind.Directory)
        {
            throw new InvalidDataException("it would replace the root directory");
        }

        SetAttributes(_root, entry);
        Defer([], entry, FileSystem.GetStatus(_root).Inode);
        (uint owner, uint group) = OwnersOf(entry);
        Root = new RootAttributes(owner, group, entry.Mode);
    }

    private void WriteFile(SafeFileHandle parent, ReadOnlySpan<byte> name, TarReader reader)
    {
        SafeFileHandle? file = FileSystem.TryCreateFile(parent, name, OwnerBits);
        if (file is null)
        {
            Clear(parent, name);
            file = FileSystem.TryCreateFile(parent, name, OwnerBits) ?? throw Raced(name);
        }

        using (file)
        {
            WriteData(file, reader);
            SetAttributes(file, reader.Entry);
            FileSystem.SetTimes(file, reader.Entry.Modified, reader.Entry.Modified);
        }
    }

    private void WriteData(SafeFileHandle file, TarReader reader)
    {
        if (reader.Entry.Sparse is not { } parts)
        {
            WritePart(file, reader, reader.Entry.StoredSize);
            return;
        }

        foreach (SparsePart part in parts)
        {
            FileSystem.Seek(file, part.Offset);
            WritePart(file, reader, part.Length);
        }

        // The last hole has no byte after it that would make the file long enough.
        FileSystem.SetLength(file, reader.Entry.Size);
    }

    private void WritePart(SafeFileHandle file, TarReader reader, long length)
    {
        for (long left = length; left > 0;)
        {
            ReadOnlySpan<byte> piece = reader.TakeData(left);
            FileSystem.Write(file, piece);
            left -= piece.Length;
        }

        Written += length;
    }

    private void WriteDirectory(SafeFileHandle parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        bool opaque = false;
        if (!FileSystem.TryMakeDirectory(parent, name, OwnerBits)
            && !(FileSystem.TryGetStatus(parent, name, out FileStatus before) && before.Kind == FileKind.Directory))
        {
            opaque = Clear(parent, name);
            if (!FileSystem.TryMakeDirectory(parent, name, OwnerBits))
            {
                throw Raced(name);
            }
        }

        using SafeFileHandle directory = FileSystem.OpenAt(parent, name, OpenAs.Directory | OpenAs.NoFollow);
        SetAttributes(directory, entry);
        if (opaque)
        {
            MarkOpaque(directory);
        }

        Defer(_path.Whole, entry, FileSystem.GetStatus(directory).Inode);
    }

    private void WriteSymbolicLink(SafeFileHandle parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        if (entry.LinkTarget.IsEmpty)
        {
            throw new InvalidDataException("it is a symbolic link without a target");
        }

        if (!FileSystem.TryMakeSymbolicLink(entry.LinkTarget, parent, name))
        {
            Clear(parent, name);
            if (!FileSystem.TryMakeSymbolicLink(entry.LinkTarget, parent, name))
            {
                throw Raced(name);
            }
        }

        SetAttributesByName(parent, name, entry, hasMode: false);
    }

    private void WriteNode(SafeFileHandle parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        FileKind kind = entry.Kind switch
        {
            TarKind.CharacterDevice => FileKind.CharacterDevice,
            TarKind.BlockDevice => FileKind.BlockDevice,
            _ => FileKind.Fifo,
        };
        if (kind == FileKind.CharacterDevice && entry.Device == default)
        {
            throw new InvalidDataException("it is the character device 0:0, which overlay takes for a removed file");
        }

        try
        {
            if (!FileSystem.TryMakeNode(parent, name, kind, OwnerBits, entry.Device))
            {
                Clear(parent, name);
                if (!FileSystem.TryMakeNode(parent, name, kind, OwnerBits, entry.Device))
                {
                    throw Raced(name);
                }
            }
        }
        catch (LinuxException refused) when (refused.Errno == LibC.EPERM && kind != FileKind.Fifo)
        {
            _notes.Add($"the device '{FileSystem.Show(_path.Whole)}' was left out: making it needs root outside a user namespace");
            return;
        }

        SetAttributesByName(parent, name, entry, hasMode: true);
    }

    private void WriteHardLink(SafeFileHandle parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        _target.Set(entry.LinkTarget);
        if (_target.IsRoot)
        {
            throw new InvalidDataException("it is a hard link to the root directory");
        }

        using SafeFileHandle? other = OpenExisting(_target.Parent);
        if (other is null || !FileSystem.TryGetStatus(other, _target.Name, out FileStatus target))
        {
            LinkLater(parent, name);
            return;
        }

        if (target.IsWhiteout)
        {
            throw new InvalidDataException($"it is a hard link to '{FileSystem.Show(_target.Whole)}', which the same layer removes");
        }

        if (target.Kind == FileKind.Directory)
        {
            throw new InvalidDataException($"it is a hard link to the directory '{FileSystem.Show(_target.Whole)}'");
        }

        // Clearing the way would remove a target that is this very name.
        bool isItself = FileSystem.TryGetStatus(parent, name, out FileStatus inTheWay) && inTheWay.IsSameAs(target);
        if (isItself || FileSystem.TryMakeHardLink(other, _target.Name, parent, name))
        {
            return;
        }

        Clear(parent, name);
        if (!FileSystem.TryMakeHardLink(other, _target.Name, parent, name))
        {
            throw Raced(name);
        }
    }

    // A descriptor of its own: looking it up in the cache could close the one that the caller holds.
    private SafeFileHandle? OpenExisting(ReadOnlySpan<byte> path)
    {
        ReadOnlySpan<byte> start = path.IsEmpty ? "."u8 : path;
        SafeFileHandle? opened = FileSystem.TryOpenInRoot(_root, start, OpenAs.Directory | OpenAs.Path, 0, out int errno);
        return opened is not null || errno == LibC.ENOENT || errno == LibC.ENOTDIR
            ? opened
            : throw new LinuxException(errno, $"openat2({FileSystem.Describe(_root)}, \"{FileSystem.Show(path)}\")");
    }

    /// <summary>Removes what is in the way; true where that was the sign that lower layers' files are hidden here.</summary>
    private bool Clear(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        if (!FileSystem.TryGetStatus(parent, name, out FileStatus status))
        {
            return false;
        }

        FileSystem.RemoveTree(parent, name);
        if (status.Kind is FileKind.Directory or FileKind.SymbolicLink)
        {
            // Paths may have led through it.
            _directories.Expire();
        }

        return _options.Whiteouts && status.IsWhiteout;
    }

    private static InvalidDataException Raced(ReadOnlySpan<byte> name) =>
        new($"somebody else makes '{FileSystem.Show(name)}' at the same time");
}
