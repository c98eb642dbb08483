using System.Diagnostics.CodeAnalysis;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>The user namespace that an ordinary user's engine runs in: one per user, kept open by a holder process.</summary>
/// <remarks>
/// native/main joins it before the .NET runtime exists. Where there is none yet, <see cref="Ensure"/> makes it
/// and executes the program anew.
/// </remarks>
public static partial class UserNamespace
{
    // Counts the starts anew, so that a host where joining fails gets an error and no loop. More than one, because
    // a holder may be killed between the look at the record and the join.
    private const string AttemptVariable = "CRUN_SHARP_ATTEMPT";
    private const int MostAttempts = 3;

    /// <summary>The caller outside; null when the engine runs as root and joined nothing.</summary>
    public static OuterUser? Outer => s_outer.Value;

    /// <summary>Whether an ordinary user called, and the engine is root in that user's own namespace only.</summary>
    public static bool IsRootless => Outer is not null;

    /// <summary>Returns when the engine may go on: it is root, or it is root in the user's namespace.</summary>
    /// <param name="tell">Gets what the user should know once; standard error when null.</param>
    /// <remarks>May be called twice. Where the namespace must be made first, it does not return: the program starts anew.</remarks>
    /// <exception cref="CrunException">The host lets this user make no user namespace; with the command that mends it.</exception>
    public static void Ensure(Action<string>? tell = null)
    {
        if (Identity.EffectiveUid == 0)
        {
            return;
        }

        _ = int.TryParse(Environment.GetEnvironmentVariable(AttemptVariable), out int attempts);
        if (attempts >= MostAttempts)
        {
            throw new CrunException("cannot enter your user namespace", "it was made, but this program could not join it")
            {
                Hints = ["see what is missing: crun-sharp doctor"],
            };
        }

        try
        {
            Hold(RuntimeDirectory.Ensure(Identity.EffectiveUid), tell ?? Console.Error.WriteLine);
            StartAnew(attempts + 1);
        }
        catch (LinuxException exception)
        {
            throw new CrunException("cannot make your user namespace", exception.Message, exception);
        }
    }

    /// <summary>The file that names the holder of the calling user.</summary>
    internal static string RecordIn(string runtimeDirectory) => $"{runtimeDirectory}/namespace";

    private static void Hold(string directory, Action<string> tell)
    {
        // First starts come in crowds, from scripts: one makes the namespace, the others find it made.
        using FileLock oneAtATime = FileLock.Acquire($"{directory}/namespace.lock");
        string path = RecordIn(directory);
        NamespaceRecord? record = NamespaceRecord.TryRead(path);
        if (record is not null && record.IsHeld(Identity.EffectiveUid))
        {
            return;
        }

        // A new one beside containers of the old one could neither enter nor remove them.
        using UserNamespaceFile? lost = record?.FindAgain(Identity.EffectiveUid);
        int holder = lost is null ? Holder.Make(OuterMaps.Find(tell)) : Holder.Join(lost);
        ProcessIdentity identity = ProcessIdentity.TryGet(holder)
            ?? throw new CrunException("cannot make your user namespace", "its holder ended at once");
        ulong inode = UserNamespaceFile.InodeOf(holder)
            ?? throw new CrunException("cannot make your user namespace", "its holder cannot be looked at");
        new NamespaceRecord(identity, inode).Write(path);
    }

    [DoesNotReturn]
    private static void StartAnew(int attempt) => SelfExecution.Restart(AttemptVariable, $"{attempt}");
}
