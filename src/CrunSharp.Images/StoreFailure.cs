using CrunSharp.Linux;
using CrunSharp.Oci;
using Tmds.Linux;

namespace CrunSharp.Images;

/// <summary>What a user can do where the store's file system refuses.</summary>
public static class StoreFailure
{
    public static CrunException Explain(string what, Exception failure) =>
        new(what, FileFailure.Describe(failure), failure) { Hints = HintsFor(failure) };

    internal static string[] HintsFor(Exception failure)
    {
        int errno = failure is LinuxException refused ? refused.Errno : failure.HResult;
        return errno == LibC.ENOSPC || errno == LibC.EDQUOT
            ? ["remove images that are not needed: crun-sharp rmi IMAGE", "or make room on the file system"]
            : [];
    }
}
