using System.Text;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>The options of one mount, sorted by whom they concern: the mount, its place in the tree, or the filesystem.</summary>
internal struct MountOptions
{
    /// <summary>What the words of these are: set or cleared on the mount itself.</summary>
    public MountAttributes Set { get; private set; }

    public MountAttributes Clear { get; private set; }

    /// <summary>The same for the whole tree beneath, words with an <c>r</c> before them.</summary>
    public MountAttributes RecursiveSet { get; private set; }

    public MountAttributes RecursiveClear { get; private set; }

    public Propagation Propagation { get; private set; }

    public bool Bind { get; private set; }

    public bool Recursive { get; private set; }

    public bool CopyUp { get; private set; }

    public bool NoFollow { get; private set; }

    public bool IdMap { get; private set; }

    public bool IdMapRecursive { get; private set; }

    /// <summary>What only the filesystem knows, separated by commas.</summary>
    public string Data { get; private set; }

    /// <exception cref="CrunException">An option that this runtime knows of and cannot do.</exception>
    public static MountOptions Read(IReadOnlyList<string> words, string origin)
    {
        MountOptions options = new() { Data = "" };
        StringBuilder? data = null;
        string first = "";
        foreach (string word in words)
        {
            if (options.Take(word, origin))
            {
                continue;
            }

            // Most mounts have at most one such word.
            if (data is null && first.Length == 0)
            {
                first = word;
                continue;
            }

            data ??= new StringBuilder(first);
            data.Append(',').Append(word);
        }

        options.Data = data?.ToString() ?? first;
        return options;
    }

    private bool Take(string word, string origin)
    {
        switch (word)
        {
            case "" or "defaults" or "loud" or "silent":
                break;
            case "bind":
                Bind = true;
                break;
            case "rbind":
                Bind = true;
                Recursive = true;
                break;
            case "tmpcopyup":
                CopyUp = true;
                break;
            case "dest-nofollow":
                NoFollow = true;
                break;
            case "idmap":
                IdMap = true;
                break;
            case "ridmap":
                IdMap = true;
                IdMapRecursive = true;
                break;
            case "remount":
                // With bind it only says how attributes used to be set: by a second mount call.
                break;
            case "copy-symlink" or "src-nofollow":
                throw new CrunException($"cannot mount {origin}", $"the option '{word}' is not supported");
            default:
                return TakePropagation(word) || TakeAttribute(word) || RefuseIdMap(word, origin);
        }

        return true;
    }

    private static bool RefuseIdMap(string word, string origin) =>
        word.StartsWith("idmap=", StringComparison.Ordinal) || word.StartsWith("ridmap=", StringComparison.Ordinal)
            ? throw new CrunException($"cannot mount {origin}", $"the option '{word}' is not supported: give uidMappings and gidMappings")
            : false;

    private bool TakePropagation(string word)
    {
        Propagation propagation = PropagationOf(word);
        if (propagation == Propagation.None)
        {
            return false;
        }

        Propagation = propagation;
        return true;
    }

    /// <summary>The meaning of <c>rslave</c> and its like; None for other words.</summary>
    public static Propagation PropagationOf(string word) => word switch
    {
        "private" => Propagation.Private,
        "rprivate" => Propagation.Private | Propagation.Recursive,
        "slave" => Propagation.Slave,
        "rslave" => Propagation.Slave | Propagation.Recursive,
        "shared" => Propagation.Shared,
        "rshared" => Propagation.Shared | Propagation.Recursive,
        "unbindable" => Propagation.Unbindable,
        "runbindable" => Propagation.Unbindable | Propagation.Recursive,
        _ => Propagation.None,
    };

    private bool TakeAttribute(string word)
    {
        if (AttributeOf(word) is (MountAttributes attribute, bool on))
        {
            (Set, Clear) = Apply(Set, Clear, attribute, on);
            return true;
        }

        if (word[0] == 'r' && AttributeOf(word.AsSpan(1)) is (MountAttributes whole, bool wholeOn))
        {
            (RecursiveSet, RecursiveClear) = Apply(RecursiveSet, RecursiveClear, whole, wholeOn);
            return true;
        }

        return false;
    }

    private static (MountAttributes Attribute, bool On)? AttributeOf(ReadOnlySpan<char> word) => word switch
    {
        "ro" => (MountAttributes.ReadOnly, true),
        "rw" => (MountAttributes.ReadOnly, false),
        "nosuid" => (MountAttributes.NoSuid, true),
        "suid" => (MountAttributes.NoSuid, false),
        "nodev" => (MountAttributes.NoDev, true),
        "dev" => (MountAttributes.NoDev, false),
        "noexec" => (MountAttributes.NoExec, true),
        "exec" => (MountAttributes.NoExec, false),
        "nodiratime" => (MountAttributes.NoDirectoryAccessTime, true),
        "diratime" => (MountAttributes.NoDirectoryAccessTime, false),
        "nosymfollow" => (MountAttributes.NoSymlinkFollow, true),
        "symfollow" => (MountAttributes.NoSymlinkFollow, false),
        "noatime" => (MountAttributes.NoAccessTime, true),
        "atime" => (MountAttributes.NoAccessTime, false),
        "strictatime" => (MountAttributes.StrictAccessTime, true),
        "nostrictatime" => (MountAttributes.StrictAccessTime, false),
        "relatime" or "norelatime" => (MountAttributes.AccessTime, false),
        _ => null,
    };

    // The three ways of access times share a field: the kernel wants it cleared as a whole when one is set.
    private static (MountAttributes Set, MountAttributes Clear) Apply(MountAttributes set, MountAttributes clear, MountAttributes attribute, bool on)
    {
        if ((attribute & MountAttributes.AccessTime) != 0)
        {
            bool names = !on && attribute != MountAttributes.AccessTime && (set & MountAttributes.AccessTime & ~attribute) != 0;
            return names
                ? (set, clear)
                : ((set & ~MountAttributes.AccessTime) | (on ? attribute : MountAttributes.None), clear | MountAttributes.AccessTime);
        }

        return on ? (set | attribute, clear & ~attribute) : (set & ~attribute, clear | attribute);
    }
}
