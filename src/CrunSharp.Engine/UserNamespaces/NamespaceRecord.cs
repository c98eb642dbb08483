using System.Globalization;
using System.Text;
using CrunSharp.Linux;

namespace CrunSharp.Engine;

/// <summary>Which process keeps the user's namespace open, on one line that native/main reads too.</summary>
internal sealed record NamespaceRecord(ProcessIdentity Holder, ulong Inode)
{
    /// <summary>Null when there is none, or none that can be trusted: native/main asks the same of it.</summary>
    public static NamespaceRecord? TryRead(string path)
    {
        if (Ownership.Of(path) is not { IsDirectory: false } owner
            || owner.Uid != Identity.EffectiveUid
            || (owner.Mode & Ownership.WritableByOthers) != 0)
        {
            return null;
        }

        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }

        string[] words = text.Split(' ', '\n');
        return words.Length >= 4
            && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            && ulong.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong start)
            && ulong.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode)
            ? new NamespaceRecord(new ProcessIdentity(pid, start, words[3]), inode)
            : null;
    }

    /// <summary>Replaces the record whole.</summary>
    public void Write(string path)
    {
        AtomicFile.Write(path, Encoding.ASCII.GetBytes($"{Holder.Pid} {Holder.StartTime} {Inode} {Holder.BootId}\n"), durable: false);

        // Whatever the umask: native/main trusts no record that others could write.
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Whether the holder still lives, still in this namespace, and the namespace is this user's.</summary>
    public bool IsHeld(uint owner)
    {
        if (!Holder.IsAlive())
        {
            return false;
        }

        using UserNamespaceFile? found = UserNamespaceFile.TryOpen(Holder.Pid);
        return found is not null && found.Inode == Inode && found.Owner == owner;
    }

    /// <summary>The recorded namespace, found again through a process that lives in it or in one below it.</summary>
    /// <remarks>A holder can be killed; containers, which depend on the same namespace, go on meanwhile.</remarks>
    public UserNamespaceFile? FindAgain(uint owner)
    {
        if (Holder.BootId != ProcessIdentity.CurrentBoot)
        {
            return null;
        }

        ulong? ownInode = UserNamespaceFile.InodeOf(Environment.ProcessId);
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                && UserNamespaceFile.InodeOf(pid) is { } inode && inode != ownInode
                && Reach(pid, inode) is { } found)
            {
                // A number comes back once its namespace is gone; whose it is now decides.
                if (found.Inode == Inode && found.Owner == owner)
                {
                    return found;
                }

                found.Dispose();
            }
        }

        return null;
    }

    private UserNamespaceFile? Reach(int pid, ulong inode)
    {
        UserNamespaceFile? file = UserNamespaceFile.TryOpen(pid);
        if (file is null || inode == Inode)
        {
            return file;
        }

        using (file)
        {
            return file.TryGetParent();
        }
    }
}
