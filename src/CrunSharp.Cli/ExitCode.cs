namespace CrunSharp.Cli;

/// <summary>What the program answers, as docker's users expect it.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The failure is ours, not the container's.</summary>
    public const int Ours = 125;

    /// <summary><c>doctor</c> found something missing.</summary>
    public const int Limited = 1;

    public const int Interrupted = 130;
}
