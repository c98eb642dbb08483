using CrunSharp.Images.Tar;
using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Images.Unpack;

internal sealed partial class TreeWriter
{
    private readonly List<Deferred> _deferred = [];

    /// <summary>That of a directory which nobody lists: the same wherever and whenever it is unpacked.</summary>
    private static readonly FileTime s_unsaidTime = new(Seconds: 0, Nanoseconds: 0);

    /// <summary>A directory's last touches: each name made in it changes its time, and its mode may forbid making any.</summary>
    private readonly record struct Deferred(byte[] Path, ulong Inode, uint Mode, FileTime Modified);

    /// <summary>Gives directories their times, after all that is made in them.</summary>
    public void Finish()
    {
        foreach (Deferred directory in _deferred)
        {
            ReadOnlySpan<byte> path = directory.Path.Length == 0 ? "."u8 : directory.Path;
            using SafeFileHandle? opened = FileSystem.TryOpenInRoot(_root, path, OpenAs.Directory | OpenAs.NoFollow, 0, out _);

            // Something else may have taken its place since.
            if (opened is null || FileSystem.GetStatus(opened) is var status && status.Inode != directory.Inode)
            {
                continue;
            }

            if (status.Mode != directory.Mode)
            {
                FileSystem.SetMode(opened, directory.Mode);
            }

            FileSystem.SetTimes(opened, directory.Modified, directory.Modified);
        }

        _deferred.Clear();
    }

    private void Defer(ReadOnlySpan<byte> path, TarEntry entry, ulong inode)
    {
        _implied.Remove(inode);
        _deferred.Add(new Deferred(path.ToArray(), inode, entry.Mode, entry.Modified));
    }

    // Owner, mode, attributes, in this order: the owner clears setuid bits and file capabilities.
    private void SetAttributes(SafeFileHandle file, TarEntry entry)
    {
        if (!_identity.SquashOwners)
        {
            (uint owner, uint group) = OwnersOf(entry);
            FileSystem.SetOwner(file, owner, group);
        }

        uint kept = entry.Kind == TarKind.Directory && _identity.SquashOwners ? OwnerBits : 0;
        FileSystem.SetMode(file, entry.Mode | kept);
        if (entry.Xattrs.Count > 0)
        {
            SetXattrs(file, entry);
        }
    }

    private void SetXattrs(SafeFileHandle file, TarEntry entry)
    {
        foreach ((byte[] name, byte[] value) in entry.Xattrs)
        {
            if (Accepts(name))
            {
                TrySetXattr(name, () => FileSystem.SetXattr(file, name, value));
            }
        }
    }

    private void SetAttributesByName(SafeFileHandle parent, ReadOnlySpan<byte> name, TarEntry entry, bool hasMode)
    {
        if (!_identity.SquashOwners)
        {
            (uint owner, uint group) = OwnersOf(entry);
            FileSystem.SetOwner(parent, name, owner, group);
        }

        if (hasMode)
        {
            FileSystem.SetMode(parent, name, entry.Mode);
        }

        if (entry.Xattrs.Count > 0)
        {
            SetXattrsByName(parent, name.ToArray(), entry);
        }

        FileSystem.SetTimes(parent, name, entry.Modified, entry.Modified);
    }

    private void SetXattrsByName(SafeFileHandle parent, byte[] name, TarEntry entry)
    {
        foreach ((byte[] attribute, byte[] value) in entry.Xattrs)
        {
            if (Accepts(attribute))
            {
                TrySetXattr(attribute, () => FileSystem.SetXattr(parent, name, attribute, value));
            }
        }
    }

    private (uint Owner, uint Group) OwnersOf(TarEntry entry) =>
        _identity.SquashOwners ? (0, 0) : _options.Owner ?? (entry.Owner, entry.Group);

    private bool Accepts(byte[] name)
    {
        ReadOnlySpan<byte> text = name;
        if (!text.StartsWith("trusted.overlay."u8) && !text.StartsWith("user.overlay."u8))
        {
            return true;
        }

        _notes.Add($"the attribute '{FileSystem.Show(name)}' of '{FileSystem.Show(_path.Whole)}' was left out: overlay would obey it");
        return false;
    }

    private void TrySetXattr(byte[] name, Action set)
    {
        try
        {
            set();
        }
        catch (LinuxException refused) when (
            refused.Errno == LibC.EOPNOTSUPP || refused.Errno == LibC.EPERM || refused.Errno == LibC.EINVAL || refused.Errno == LibC.ERANGE)
        {
            _notes.Add($"the attribute '{FileSystem.Show(name)}' of '{FileSystem.Show(_path.Whole)}' was left out: {refused.Reason}");
        }
    }
}
