namespace CrunSharp.Runtime;

/// <summary>The cause of a launch that failed because this host refuses the kind of root: another <see cref="RootSource"/> may work.</summary>
public sealed class RootRefusedException(string message) : Exception(message);
